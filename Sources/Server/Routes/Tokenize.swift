import API
import Hummingbird
import Serving

/// `POST /api/tokenize` and `POST /api/detokenize`: a model's vocabulary at work.
///
/// `{"model","prompt"}` (or `content`) gives `{"tokens":[...]}`; `{"model","tokens"}` gives
/// `{"content":"..."}`.
enum Tokenize {
    static var routes: [Route] {
        [
            Route(.post, "/api/tokenize") { exchange in
                let request = try TokenizeRequest(body: await exchange.json())
                return try await answer(
                    request.model, request.keepAlive,
                    .text(
                        request.text, addSpecial: request.addSpecial,
                        parseSpecial: request.parseSpecial),
                    exchange)
            },
            Route(.post, "/api/detokenize") { exchange in
                let request = try DetokenizeRequest(body: await exchange.json())
                return try await answer(
                    request.model, request.keepAlive, .tokens(request.tokens), exchange)
            },
        ]
    }

    private static func answer(
        _ model: String, _ keepAlive: KeepAlive?, _ input: TokenRequest.Input,
        _ exchange: Exchange
    ) async throws -> Response {
        guard !model.trimmingSpaces.isEmpty else { throw APIError(400, "model is required") }
        let reference = try ModelReference(model, store: exchange.services.store)
        let request = TokenRequest(
            requestedModel: model, model: reference.name, input: input, keepAlive: keepAlive)
        let scheduler = exchange.services.scheduler
        let result = try await exchange.disconnection.cancelling {
            try await scheduler.tokens(request)
        }
        return switch result {
        case .tokens(let tokens): Reply.json(["tokens": .array(tokens.map { .integer($0) })])
        case .text(let text): Reply.json(["content": .string(text)])
        }
    }
}
