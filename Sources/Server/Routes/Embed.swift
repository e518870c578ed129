import API
import Hummingbird
import Serving

/// `POST /api/embed`.
enum Embed {
    static var routes: [Route] {
        [Route(.post, "/api/embed", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try EmbedRequest(body: await exchange.json())
        return Reply.json(try await embed(request, exchange).json)
    }

    /// Checks the request and runs it.
    ///
    /// - Throws: 404 without a model, and what the model's name and the scheduler refuse.
    static func embed(_ request: EmbedRequest, _ exchange: Exchange) async throws
        -> EmbedResponse
    {
        guard !request.model.trimmingSpaces.isEmpty else {
            throw APIError(404, "model '\(request.model)' not found")
        }
        let reference = try ModelReference(request.model, store: exchange.services.store)
        var embedding = EmbeddingRequest(
            requestedModel: request.model, model: reference.name, inputs: request.inputs)
        embedding.truncate = request.truncate ?? true
        embedding.dimensions = max(0, request.dimensions)
        embedding.options = request.options
        embedding.keepAlive = request.keepAlive

        let scheduler = exchange.services.scheduler
        let result = try await exchange.disconnection.cancelling { [embedding] in
            try await scheduler.embed(embedding)
        }
        var response = EmbedResponse()
        response.model = request.model
        if !request.inputs.isEmpty {
            response.embeddings = result.vectors.map { vector in
                let size = embedding.dimensions
                return normalized(size > 0 && size < vector.count ? Array(vector[..<size]) : vector)
            }
            response.totalDuration = exchange.elapsed
            response.loadDuration = result.loadDuration
            response.promptEvalCount = result.promptEvalCount
        }
        return response
    }

    /// Scaled to length 1; a vector shorter than 1e-12 is divided by that.
    static func normalized(_ vector: [Float]) -> [Float] {
        var sum = 0.0
        for value in vector { sum += Double(value) * Double(value) }
        let scale = 1 / max(sum.squareRoot(), 1e-12)
        return vector.map { Float(Double($0) * scale) }
    }
}
