import API
import Hummingbird
import Serving

/// `POST /api/embeddings`, the older form: one text, never cut.
enum Embeddings {
    static var routes: [Route] {
        [Route(.post, "/api/embeddings", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try LegacyEmbeddingRequest(body: await exchange.json())
        guard !request.model.trimmingSpaces.isEmpty else {
            throw APIError(400, "model is required")
        }
        let reference = try ModelReference(request.model, store: exchange.services.store)
        var embedding = EmbeddingRequest(
            requestedModel: request.model, model: reference.name,
            inputs: request.prompt.isEmpty ? [] : [request.prompt])
        embedding.truncate = false
        embedding.options = request.options
        embedding.keepAlive = request.keepAlive

        let scheduler = exchange.services.scheduler
        let result: EmbeddingResult
        do {
            result = try await exchange.disconnection.cancelling { [embedding] in
                try await scheduler.embed(embedding)
            }
        } catch let error as APIError where error.status == 400 || error.status == 501 {
            // This endpoint has one status for all that goes wrong in the model.
            throw APIError(500, error.message)
        }
        let vector = result.vectors.first ?? []
        let shown = result.legacyNormalizes ? Embed.normalized(vector) : vector
        return Reply.json(LegacyEmbeddingResponse(embedding: shown.map(Double.init)).json)
    }
}
