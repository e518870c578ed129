import Engine
import GGUF

/// Times prefill and decode of one model in this process.
struct Benchmark {
    var promptTokens = 512
    var generatedTokens = 64
    /// 0: as many as the process may use.
    var threads = 0
    var repetitions = 5
    var parallel = 1

    /// Runs one warm-up and the repetitions; `progress` gets a line for each.
    func run(
        name: String, file: GGUFFile, adapters: [GGUFFile] = [], progress: (String) -> Void
    ) throws -> BenchReport {
        progress("loading \(name)")
        let begin = Clock.ticks
        let model = try Model(file, adapters: adapters)
        var options = SessionOptions()
        options.contextLength = promptTokens + generatedTokens + 8
        options.maxSequences = max(parallel, 1)
        options.threads = threads
        let session = try Session(model, options)
        let loadTime = Double(Clock.ticks - begin) / 1e9
        model.settle()

        var random = SplitMix(state: 1)
        var prefill: [Double] = []
        var decode: [Double] = []
        for repetition in 0...repetitions {
            progress(repetition == 0 ? "warm-up" : "repetition \(repetition) of \(repetitions)")
            // What a warm-up warms is warm after one batch.
            let length = repetition > 0 ? promptTokens : min(promptTokens, options.batchSize)
            let rates = try measure(model, session, options.batchSize, length, &random)
            guard repetition > 0 else { continue }
            prefill.append(rates.prefill)
            decode.append(rates.decode)
        }
        progress("memory bandwidth")
        // The measurement of memory takes memory itself.
        let peak = peakMemory()
        let bandwidth = try MemoryBandwidth.measure(threads: threads)
        return BenchReport(
            model: name, architecture: model.architecture, parameters: model.parameterCount,
            weightBytes: model.weightBytes, instructionSet: InstructionSet.best.description,
            threads: session.threads, promptTokens: promptTokens,
            generatedTokens: generatedTokens, parallel: parallel, loadTime: loadTime,
            prefill: Statistics(prefill), decode: Statistics(decode), peakMemory: peak,
            bandwidth: bandwidth, bytesPerStep: Self.bytesPerStep(file))
    }

    /// Tokens per second of one prefill for each sequence and of decoding all of them together.
    ///
    /// The tokens are random, so that no prefix is found in the cache.
    private func measure(
        _ model: Model, _ session: Session, _ batchSize: Int, _ promptTokens: Int,
        _ random: inout SplitMix
    ) throws -> (prefill: Double, decode: Double) {
        var sequences: [SequenceID] = []
        defer { for sequence in sequences { session.end(sequence) } }
        let prefillBegin = Clock.ticks
        for _ in 0..<max(parallel, 1) {
            let prompt = (0..<promptTokens).map { _ in
                Token(random.next() % UInt64(model.vocabularySize))
            }
            let (sequence, reused) = try session.begin(prompt)
            sequences.append(sequence)
            var rest = prompt[reused...]
            while !rest.isEmpty {
                let chunk = rest.prefix(batchSize)
                rest = rest.dropFirst(chunk.count)
                try session.step([
                    Work(
                        sequence: sequence, tokens: Array(chunk),
                        logits: rest.isEmpty ? .last : .none)
                ])
            }
        }
        let decodeBegin = Clock.ticks
        for _ in 0..<generatedTokens {
            try session.step(
                sequences.map {
                    Work(
                        sequence: $0, tokens: [Token(random.next() % UInt64(model.vocabularySize))],
                        logits: .last)
                })
        }
        let end = Clock.ticks
        func rate(_ tokens: Int, _ nanoseconds: UInt64) -> Double {
            Double(tokens) / (Double(max(nanoseconds, 1)) / 1e9)
        }
        return (
            rate(promptTokens * sequences.count, decodeBegin - prefillBegin),
            rate(generatedTokens * sequences.count, end - decodeBegin)
        )
    }

    /// All weights once; the embedding table only where it is the output's weights too, since
    /// otherwise a step reads one row of it.
    static func bytesPerStep(_ file: GGUFFile) -> Int {
        let hasOutput = file.tensors.contains { $0.name == "output.weight" }
        return file.tensors.reduce(0) { sum, tensor in
            hasOutput && tensor.name == "token_embd.weight" ? sum : sum + tensor.byteCount
        }
    }
}

/// Random numbers that are the same in every run (Steele, Lea and Flood's SplitMix64).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
