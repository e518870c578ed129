import GGUF
import ModelStore
import Prompting
import Synchronization

/// What the header of a weights file says that matters before the model is loaded.
struct FileFacts: Sendable {
    var architecture = ""
    /// Context length of the training; 0 when the file does not say.
    var contextLength = 0
    var hasPooling = false
    var hasVision = false
    var hasAudio = false
    var tokenizerModel = ""
    var normalizesEmbeddings: Bool?
    /// The file's chat template; nil when it has none.
    var jinja: Result<JinjaTemplate, TemplateError>?

    init() {}

    init(_ metadata: Metadata) throws(GGUFError) {
        architecture = try metadata.architecture
        let context = try metadata.integer("\(architecture).context_length") ?? 0
        contextLength = min(max(0, context), Int(Int32.max))
        hasPooling = metadata["\(architecture).pooling_type"] != nil
        hasVision = metadata["\(architecture).vision.block_count"] != nil
        hasAudio = metadata["\(architecture).audio.block_count"] != nil
        tokenizerModel = try metadata.string("tokenizer.ggml.model") ?? ""
        normalizesEmbeddings = try metadata.bool("\(architecture).normalize_embeddings")
        if let source = try metadata.string("tokenizer.chat_template"), !source.isEmpty {
            do throws(TemplateError) {
                jinja = .success(try JinjaTemplate(source))
            } catch {
                jinja = .failure(error)
            }
        }
    }

    /// Whether the legacy embedding endpoint answers with unit vectors.
    var legacyNormalizes: Bool {
        switch architecture {
        case "nomic-bert", "nomic-bert-moe": normalizesEmbeddings == true
        case "bert": tokenizerModel == "bert" && normalizesEmbeddings != false
        default: true
        }
    }
}

/// Facts and parsed templates by file and text, so that listing models costs a header read once.
final class FactsCache: Sendable {
    private struct Entries {
        var files: [String: FileFacts] = [:]
        var templates: [String: Result<GoTemplate, TemplateError>] = [:]
    }
    /// Entries of each kind kept; when more come, all go.
    private static let limit = 256
    private let entries = Mutex(Entries())

    /// Facts of a weights file. Blobs never change, so one read is enough.
    func facts(of weights: WeightSource) throws(GGUFError) -> FileFacts {
        let key = weights.key
        if let known = entries.withLock({ $0.files[key] }) { return known }
        let facts = try FileFacts(weights.open().metadata)
        entries.withLock {
            if $0.files.count >= Self.limit { $0.files.removeAll() }
            $0.files[key] = facts
        }
        return facts
    }

    func template(_ source: String) throws(TemplateError) -> GoTemplate {
        if let known = entries.withLock({ $0.templates[source] }) { return try known.get() }
        let parsed: Result<GoTemplate, TemplateError>
        do throws(TemplateError) {
            parsed = .success(try GoTemplate(source))
        } catch {
            parsed = .failure(error)
        }
        entries.withLock {
            if $0.templates.count >= Self.limit { $0.templates.removeAll() }
            $0.templates[source] = parsed
        }
        return try parsed.get()
    }
}
