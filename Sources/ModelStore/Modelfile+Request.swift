import API
import OrderedCollections

extension Modelfile {
    /// A create request made from a Modelfile, with the files to upload before it is sent.
    public struct Prepared: Sendable {
        /// `files` and `adapters` hold the digests of the files.
        public var request: CreateRequest
        /// Every local file of the request.
        public var localFiles: [(name: String, path: String, digest: Digest)]
        /// Lines for the user, such as deprecated parameters that were skipped.
        public var warnings: [String]
    }

    /// Resolves paths against `directory` and hashes the files that exist.
    ///
    /// - Throws: badRequest for parameters of a wrong type or name and files that are missing.
    /// - Complexity: reads every local file once.
    public func createRequest(relativeTo directory: String) throws(StoreError) -> Prepared {
        var prepared = Prepared(request: CreateRequest(), localFiles: [], warnings: [])
        var parameters: JSONObject = [:]
        var fromPaths: Set<String> = []
        for command in commands {
            let value = command.arguments
            switch command.name {
            case "from":
                guard let path = LocalModelFiles.path(value, relativeTo: directory),
                    FileOperations.status(path) != nil
                else {
                    prepared.request.from = value
                    continue
                }
                fromPaths.insert(path)
                let found = try prepared.add(LocalModelFiles.files(at: path))
                let files = prepared.request.files ?? []
                if let twice = found.first(where: { file in
                    files.contains { $0.path == file.path && $0.digest != file.digest }
                }) {
                    throw StoreError(
                        .badRequest, "FROM \(value): another file is named \(twice.path) too")
                }
                prepared.request.files = files + found
            case "adapter":
                let path = try LocalModelFiles.existing(value, relativeTo: directory)
                guard prepared.request.adapters == nil else {
                    throw StoreError(.badRequest, "only one adapter is currently supported")
                }
                prepared.request.adapters = try prepared.add(
                    LocalModelFiles.files(ofAdapterAt: path))
            case "draft":
                let path = try LocalModelFiles.existing(value, relativeTo: directory)
                guard !fromPaths.contains(path) else {
                    throw StoreError(
                        .badRequest,
                        "DRAFT must not reference the same local path as FROM: \(value)")
                }
                prepared.request.draftFiles = try prepared.add(LocalModelFiles.files(at: path))
            case "template":
                // Taken at its word it would hide the template that the weights carry.
                let isNone = isGenerated && value == Self.noTemplate
                prepared.request.template = isNone ? nil : value
            case "system": prepared.request.system = value
            case "license": prepared.request.licenses.append(value)
            case "renderer": prepared.request.renderer = value
            case "parser": prepared.request.parser = value
            case "requires":
                prepared.request.requires = try Self.version(value)
            case "message":
                let (role, content) = Self.cut(value)
                prepared.request.messages.append(Message(role: role, content: content))
            default:
                let (key, text) = Self.cut(value)
                guard let typed = try ParameterType.value(of: key, text) else {
                    prepared.warnings.append("warning: parameter \(key) is deprecated")
                    continue
                }
                if case .array(let items) = typed {
                    parameters[key] = .array((parameters[key]?.array ?? []) + items)
                } else {
                    parameters[key] = typed
                }
            }
        }
        if !parameters.isEmpty { prepared.request.parameters = parameters }
        return prepared
    }

    private static func cut(_ text: String) -> (String, String) {
        guard let blank = text.utf8.firstIndex(of: UInt8(ascii: " ")) else { return (text, "") }
        return (String(text[..<blank]), String(text[text.utf8.index(after: blank)...]))
    }

    private static func version(_ text: String) throws(StoreError) -> String {
        let plain = text.utf8.first == UInt8(ascii: "v") ? String(text.utf8.dropFirst())! : text
        guard SemanticVersion.isValid(plain) else {
            throw StoreError(.badRequest, "requires must be a valid semver (e.g. 0.14.0)")
        }
        return plain
    }
}

extension Modelfile.Prepared {
    fileprivate mutating func add(
        _ files: [(name: String, path: String)]
    ) throws(StoreError) -> [(path: String, digest: String)] {
        var added: [(path: String, digest: String)] = []
        for file in files {
            let digest = try Digest.ofFile(file.path)
            localFiles.append((name: file.name, path: file.path, digest: digest))
            added.append((path: file.name, digest: digest.description))
        }
        return added
    }
}

/// How the text of a PARAMETER becomes a value.
enum ParameterType {
    private static let integers: Set<String> = [
        "num_keep", "seed", "num_predict", "top_k", "repeat_last_n", "num_ctx", "num_batch",
        "num_gpu",
        "main_gpu", "num_thread", "draft_num_predict",
    ]
    private static let floats: Set<String> = [
        "top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty",
        "frequency_penalty",
    ]
    private static let deprecated: Set<String> = [
        "penalize_newline", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mlock",
        "mirostat",
        "mirostat_tau", "mirostat_eta",
    ]

    /// nil for a parameter that has no effect any more.
    static func value(of key: String, _ text: String) throws(StoreError) -> JSONValue? {
        func bad(_ type: String) -> StoreError {
            StoreError(.badRequest, "invalid \(type) value [\(text)]")
        }
        if deprecated.contains(key) { return nil }
        if key == "stop" { return .array([.string(text)]) }
        if integers.contains(key) {
            guard let number = Int(text) else { throw bad("int") }
            return .number(JSONNumber(number))
        }
        if floats.contains(key) {
            guard let number = Float(text), number.isFinite else { throw bad("float") }
            return .number(JSONNumber(number))
        }
        guard key == "use_mmap" else {
            throw StoreError(.badRequest, "unknown parameter '\(key)'")
        }
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw bad("bool")
        }
    }
}
