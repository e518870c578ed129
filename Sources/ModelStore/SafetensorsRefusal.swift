import API
import OrderedCollections

/// Why weights given as safetensors are not imported.
enum SafetensorsRefusal {
    /// Architectures for which the files could be meant; others are simply unknown.
    private static let convertible = [
        "Llama", "Mllama", "Mistral", "Ministral", "Mixtral", "Gemma", "Phi", "Qwen", "Olmo",
        "Bert",
        "NomicBert", "Cohere", "GptOss", "Deepseek", "Glm", "Lfm", "Laguna", "Nemotron",
    ]

    static func error(
        for files: [(path: String, digest: String)], store: ModelStore
    ) -> StoreError {
        guard let file = files.first(where: { $0.path == "config.json" }) else {
            return StoreError(.malformed, "open config.json: no such file or directory")
        }
        guard let digest = Digest(file.digest) else {
            return StoreError(.invalidDigest, "invalid digest format")
        }
        let json: JSONValue
        do throws(StoreError) {
            let bytes = try FileOperations.contents(store.blobs.path(digest))
            do throws(JSONError) {
                json = try JSONValue(parsing: bytes)
            } catch {
                return StoreError(.malformed, error.description)
            }
        } catch {
            return error
        }
        guard let name = json["architectures"]?[0]?.string, !name.isEmpty else {
            return StoreError(.malformed, "unknown architecture")
        }
        guard convertible.contains(where: name.hasPrefix) else {
            return StoreError(.malformed, "unsupported architecture \"\(name)\"")
        }
        return StoreError(
            .malformed,
            "safetensors of architecture \"\(name)\" cannot be imported; give the model as GGUF")
    }
}
