import Engine
import Foundation
import GGUF
import Synchronization
import TestSupport
import Testing
import Tokenization

@testable import Serving

/// As long as someone waits for a first token, a worker holds the weights where they are.
@Suite struct HeldWeightsTests {
    /// What the session said whenever the worker had something to tell.
    final class Watch: Sendable {
        /// Set and read on the worker's thread, and read once more when that has ended.
        nonisolated(unsafe) var session: Session?
        private let notes = Mutex<[Bool]>([])

        func note() {
            guard let holds = unsafe session?.holdsWeights else { return }
            notes.withLock { $0.append(holds) }
        }

        func take() -> [Bool] {
            notes.withLock { notes in
                defer { notes = [] }
                return notes
            }
        }
    }

    let watch = Watch()

    /// A worker over a model of random weights that makes embeddings too.
    func start(_ url: URL) async throws -> Worker {
        try await withCheckedThrowingContinuation { continuation in
            Worker.start(
                load: { () throws(any Error) -> (Void, RunningModelParts) in
                    let file = try GGUFFile(path: url.path)
                    let model = try Model(file)
                    var options = SessionOptions()
                    (options.contextLength, options.threads) = (64, 1)
                    let session = try Session(model, options)
                    unsafe watch.session = session
                    return (
                        (),
                        RunningModelParts(
                            model: model, session: session, tokenizer: try Tokenizer(file.metadata),
                            window: 64, parallel: 2, batchSize: 8, speculates: false)
                    )
                },
                ready: { result, worker in continuation.resume(with: result.map { worker }) })
        }
    }

    /// So many times the letter, each of them an event.
    func generate(_ letter: Token, prompt: [Token], count: Int, on worker: Worker) async {
        var sampling = SamplingOptions()
        sampling.temperature = 0
        sampling.logitBias = [LogitBias(token: letter, bias: 10_000)]
        await withCheckedContinuation { continuation in
            let job = GenerationJob(
                prompt: prompt, sampling: sampling, tokenLimit: count, stops: [],
                sink: { _ in watch.note() }, finished: { _ in continuation.resume() },
                cancellation: Cancellation())
            worker.submit(.generation(job))
        }
    }

    func embed(_ tokens: [Token], on worker: Worker) async {
        await withCheckedContinuation { continuation in
            let job = EmbeddingJob(tokens: tokens, cancellation: Cancellation()) { _ in
                watch.note()
                continuation.resume()
            }
            worker.submit(.embedding(job))
        }
    }

    @Test func `a worker holds weights for prompts and embeddings, and not beside answers`()
        async throws
    {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "apus-test-\(UUID().uuidString).gguf")
        defer { try? FileManager.default.removeItem(at: url) }
        try TinyModel.write(to: url, pooling: 1)
        let worker = try await start(url)
        let letter = Token(Character("a").asciiValue!)

        // The step that ends the prompt makes the first token.
        await generate(letter, prompt: [1, 2, 3], count: 4, on: worker)
        #expect(watch.take() == [true, false, false, false])
        // A prompt of several steps.
        await generate(letter, prompt: (1...20).map { Token($0) }, count: 2, on: worker)
        #expect(watch.take() == [true, false])
        await embed([4, 5], on: worker)
        #expect(watch.take() == [true])

        await worker.stop()
        #expect(unsafe watch.session?.holdsWeights == false)
    }
}
