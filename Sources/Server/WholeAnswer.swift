import API
import Serving

/// An answer that is sent in one piece: texts joined, tool calls gathered.
struct WholeAnswer: Sendable {
    var content = ""
    var thinking = ""
    var toolCalls: [ToolCall] = []
    var logprobs: [LogProbability] = []
    /// nil until the answer has ended.
    var summary: GenerationSummary?

    /// Waits for the end of `events`.
    ///
    /// - Throws: the failure that ended them; `CancellationError` when the client has gone.
    init(_ events: AsyncStream<GenerationEvent>, _ exchange: Exchange) async throws {
        self = try await exchange.disconnection.cancelling {
            var whole = WholeAnswer()
            for await event in events { try whole.add(event) }
            try Task.checkCancellation()
            return whole
        }
    }

    init() {}

    mutating func add(_ event: GenerationEvent) throws(APIError) {
        switch event {
        case .chunk(let content, let thinking, let toolCalls, let logprobs):
            self.content += content
            self.thinking += thinking
            self.toolCalls += toolCalls
            self.logprobs += logprobs.map(\.wire)
        case .done(let summary): self.summary = summary
        case .failed(let error): throw error
        }
    }
}
