import API
import Client

/// `run` with an embedding model: the vector of the text as one line of JSON.
enum EmbeddingRun {
    static func run(prompt: String, _ settings: RunSettings, _ client: APIClient) async throws {
        guard !prompt.isEmpty else {
            throw CommandError(
                "embedding models require input text. Usage: \(programName) run "
                    + "\(settings.model) \"your text here\"")
        }
        var body: JSONObject = ["model": .string(settings.model), "input": .string(prompt)]
        if let keepAlive = settings.keepAlive { body["keep_alive"] = keepAlive }
        if let truncate = settings.truncate { body["truncate"] = .bool(truncate) }
        if let dimensions = settings.dimensions { body["dimensions"] = .number(.init(dimensions)) }
        let answer = try await client.send("POST", "/api/embed", .object(body))
        guard let vector = answer["embeddings"]?[0] else {
            throw CommandError("no embeddings returned")
        }
        Console.out(vector.serialized + "\n")
    }
}
