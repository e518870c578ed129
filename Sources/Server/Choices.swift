import API
import Serving

/// Several answers to one request, made together.
///
/// Each is a generation of its own on the same worker; the first reads the prompt, the others take its
/// pages over from the cache. With a seed, each answer has the seed of its place: `seed + index`.
struct Choices: Sendable {
    /// Something that happened to one of them.
    struct Event: Sendable {
        let index: Int
        let event: GenerationEvent
    }

    let streams: [AsyncStream<GenerationEvent>]

    init(_ streams: [AsyncStream<GenerationEvent>]) { self.streams = streams }

    /// Starts one generation after the other.
    ///
    /// - Parameters:
    ///   - first: the outcome of the first answer's request; what is no stream is answered once.
    ///   - start: makes the further answers, given options with their seed.
    /// - Throws: what `start` throws; the streams that began are then given up.
    static func start(
        _ count: Int, options: JSONObject,
        _ start: (JSONObject) async throws -> GenerationOutcome
    ) async throws -> (outcome: GenerationOutcome, choices: Choices) {
        let outcome = try await start(options)
        guard case .stream(let first) = outcome else { return (outcome, Choices([.onlyLoaded])) }
        var streams = [first]
        for index in 1..<max(1, count) {
            var options = options
            if let seed = options["seed"]?.integer {
                options["seed"] = .integer(seed &+ index)
            }
            guard case .stream(let stream) = try await start(options) else { break }
            streams.append(stream)
        }
        return (outcome, Choices(streams))
    }

    /// The events of all, as they come; ends when all have ended. A failure of one ends all.
    var events: AsyncStream<Event> {
        let streams = streams
        return AsyncStream { continuation in
            let task = Task {
                await withTaskGroup(of: Bool.self) { group in
                    for (index, stream) in streams.enumerated() {
                        group.addTask {
                            for await event in stream {
                                continuation.yield(Event(index: index, event: event))
                                if case .failed = event { return false }
                            }
                            return true
                        }
                    }
                    for await isWhole in group where !isWhole { group.cancelAll() }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

extension WholeAnswer {
    /// The end of each answer.
    ///
    /// - Throws: the first failure; `CancellationError` when the client has gone.
    static func all(_ choices: Choices, _ exchange: Exchange) async throws -> [WholeAnswer] {
        let count = choices.streams.count
        return try await exchange.disconnection.cancelling {
            var wholes = [WholeAnswer](repeating: WholeAnswer(), count: count)
            for await event in choices.events { try wholes[event.index].add(event.event) }
            try Task.checkCancellation()
            return wholes
        }
    }
}

extension [WholeAnswer] {
    /// The prompt counts once, all that was written counts.
    var usage: TokenUsage {
        TokenUsage(
            prompt: compactMap(\.summary?.promptEvalCount).first ?? 0,
            completion: reduce(0) { $0 + ($1.summary?.evalCount ?? 0) })
    }
}
