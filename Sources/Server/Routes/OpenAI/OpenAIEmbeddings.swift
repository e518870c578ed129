import API
import Hummingbird

/// `POST /v1/embeddings`.
enum OpenAIEmbeddings {
    static var routes: [Route] {
        [
            .translating(
                "/v1/embeddings", errors: .openAI, read: EmbeddingListRequest.init(body:),
                answer: answer)
        ]
    }

    @Sendable private static func answer(
        _ request: EmbeddingListRequest, _ exchange: Exchange
    ) async throws -> Response {
        let response = try await Embed.embed(request.native(), exchange)
        return Reply.line(
            EmbeddingList(
                model: request.model, vectors: response.embeddings,
                promptTokens: response.promptEvalCount, isBase64: request.isBase64
            ).json)
    }
}
