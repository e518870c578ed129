import API
import Engine
import Foundation
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// The answers that were recorded from the reference, through the whole pipeline.
@Suite(.enabled(if: Golden.isPresent), .serialized)
struct RecordingTests {
    /// Models whose weights are random: their texts hang on rounding, their prompts do not.
    static let randomModels: Set<String> = ["bare-llama", "small-qwen3", "small-gemma3"]

    static func recordings(_ files: [String]) -> [Recording] {
        files.flatMap { (try? Recording.load($0)) ?? [] }.filter {
            $0.generationRequest != nil && !printsStructs($0) && isRunnable($0)
        }
    }

    /// The recordings' models are of the architectures that their names say.
    static func isRunnable(_ recording: Recording) -> Bool {
        recording.body["model"]?.string != "small-gemma3"
            || Model.supportedArchitectures.contains("gemma3")
    }

    /// The reference prints tools in Go's notation where templates expect JSON; we print JSON.
    static func printsStructs(_ recording: Recording) -> Bool {
        recording.body["model"] == "tiny-tools" && recording.body["tools"]?.array?.isEmpty == false
    }

    @Test(arguments: recordings(["render"]))
    func `prompts are rendered as recorded`(recording: Recording) async throws {
        let scheduler = try #require(RecordedKitchen.shared).scheduler
        let request = try #require(recording.generationRequest)
        do throws(APIError) {
            let outcome = try await scheduler.generate(request)
            guard case .rendered(let prompt, let images) = outcome else {
                #expect(recording.objects.first?["done_reason"] == "load")
                return
            }
            let expected = recording.objects.first?["_debug_info"]
            #expect(prompt == expected?["rendered_template"]?.string)
            #expect(images == expected?["image_count"]?.integer ?? 0)
        } catch {
            #expect(error.status == recording.status)
            #expect(error.message == recording.error.map(Recording.plain))
        }
    }

    @Test(arguments: recordings(["generate", "chat", "limits"]))
    func `answers and refusals are as recorded`(recording: Recording) async throws {
        let scheduler = try #require(RecordedKitchen.shared).scheduler
        let request = try #require(recording.generationRequest)
        let isStructured = !(request.format?.isNull ?? true) && request.format != ""
        if isStructured, recording.error?.hasPrefix("invalid format") != true { return }
        let last = recording.objects.last ?? [:]
        let outcome: GenerationOutcome
        do throws(APIError) {
            outcome = try await scheduler.generate(request)
        } catch {
            #expect(error.status == recording.status, "\(error)")
            if error.message.hasPrefix("detokenize error: ") { return }
            #expect(error.message == recording.error.map(Recording.plain))
            return
        }
        switch outcome {
        case .loaded: #expect(last["done_reason"]?.string == "load")
        case .unloaded: #expect(last["done_reason"]?.string == "unload")
        case .rendered: Issue.record("rendered")
        case .stream(let stream):
            if let expected = recording.error {
                guard case .failed(let error)? = await stream.first(where: { _ in true }) else {
                    Issue.record("no failure")
                    return
                }
                #expect(error.status == recording.status)
                #expect(error.message == Recording.plain(expected))
                return
            }
            try await Self.compare(stream, recording, request)
        }
    }

    static func compare(
        _ stream: AsyncStream<GenerationEvent>, _ recording: Recording, _ request: GenerationRequest
    ) async throws {
        var pieces: [String] = []
        var content = ""
        var thinking = ""
        var logprobs: [TokenLogProbability] = []
        var summary: GenerationSummary?
        for await event in stream {
            switch event {
            case .chunk(let text, let thought, _, let probabilities):
                content += text
                thinking += thought
                logprobs += probabilities
                pieces.append(text + thought)
            case .done(let done): summary = done
            case .failed(let error): Issue.record("failed: \(error)")
            }
        }
        let last = recording.objects.last ?? [:]
        // The reference ends such an answer without a last word.
        let repeats = last["done"] == false
        #expect((summary?.doneReason == "repetition") == repeats)
        if !repeats {
            #expect(summary?.promptEvalCount == last["prompt_eval_count"]?.integer)
        }
        guard recording.isExact else { return }
        let isChat = recording.path == "/api/chat"
        let texts = recording.objects.map { object in
            isChat ? object["message"]?["content"]?.string ?? "" : object["response"]?.string ?? ""
        }
        let thoughts = recording.objects.map { object in
            (isChat ? object["message"]?["thinking"] : object["thinking"])?.string ?? ""
        }
        #expect(content == texts.joined())
        #expect(thinking == thoughts.joined())
        if recording.isStream {
            #expect(pieces == zip(texts, thoughts).map { $0 + $1 }.dropLast())
        }
        #expect(summary?.doneReason == last["done_reason"]?.string)
        #expect(summary?.evalCount == last["eval_count"]?.integer)
        if let context = last["context"]?.array {
            #expect(summary?.context == context.compactMap(\.integer))
        }
        let expected = recording.objects.flatMap { $0["logprobs"]?.array ?? [] }
        #expect(logprobs.map(\.token) == expected.compactMap { $0["token"]?.string })
        for (item, value) in zip(logprobs, expected) {
            #expect(abs(Double(item.logprob) - (value["logprob"]?.double ?? 0)) < 0.05)
            #expect(item.top.count == value["top_logprobs"]?.array?.count ?? 0)
        }
    }
}

/// The trained model's confident answers.
@Suite(.enabled(if: Golden.isPresent))
struct TrainedModelTests {
    struct Chat: Sendable {
        var messages: [Message]
        var prompt: String
        var content: String
        var tokens: Int
    }

    static func chats() -> [Chat] {
        guard Golden.isPresent,
            let data = try? Golden.data("models/tiny-chat/expected.json"),
            let whole = try? JSONValue(parsing: data)
        else { return [] }
        return (whole["chat"]?.array ?? []).map { entry in
            Chat(
                messages: (entry["messages"]?.array ?? []).map {
                    Message(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
                },
                prompt: entry["prompt"]?.string ?? "", content: entry["content"]?.string ?? "",
                tokens: entry["tokens"]?.array?.count ?? 0)
        }
    }

    @Test func `all answers are word for word right, one by one and all at once`() async throws {
        let kitchen = try Kitchen()
        try kitchen.addTinyChat()
        let chats = Self.chats()
        #expect(chats.count == 22)
        for chat in chats {
            let answer = try await kitchen.scheduler.ask("", tokens: 100) {
                $0.input = .chat(messages: chat.messages, tools: [])
            }
            #expect(answer.content == chat.content)
            #expect(answer.summary?.evalCount == chat.tokens)
            #expect(answer.summary?.doneReason == "stop")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for chat in chats {
                group.addTask {
                    let answer = try await kitchen.scheduler.ask("", tokens: 100) {
                        $0.input = .chat(messages: chat.messages, tools: [])
                    }
                    #expect(answer.content == chat.content)
                }
            }
            try await group.waitForAll()
        }
    }
}
