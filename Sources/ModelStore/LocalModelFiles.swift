/// Files of a model that lie outside of a store.
enum LocalModelFiles {
    /// An absolute path for the argument of FROM or ADAPTER; nil for an unknown `~user`.
    static func path(_ text: String, relativeTo directory: String) -> String? {
        if text.isEmpty { return nil }
        if text.utf8.first == UInt8(ascii: "/") { return text }
        guard text.utf8.first == UInt8(ascii: "~") else { return "\(directory)/\(text)" }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts[0].dropFirst()
        let home =
            user.isEmpty
            ? FileOperations.currentHomeDirectory : FileOperations.homeDirectory(of: String(user))
        guard let home else { return nil }
        return parts.count > 1 ? "\(home)/\(parts[1])" : home
    }

    /// The absolute path, without `.` elements, of a file that is there.
    static func existing(
        _ text: String, relativeTo directory: String
    ) throws(StoreError) -> String {
        let path = path(text, relativeTo: directory) ?? text
        guard FileOperations.status(path) != nil else {
            let parts = path.split(separator: "/").filter { $0 != "." }
            let absolute =
                (path.utf8.first == UInt8(ascii: "/") ? "/" : "") + parts.joined(separator: "/")
            throw StoreError(.badRequest, "stat \(absolute): no such file or directory")
        }
        return path
    }

    /// All parts of the split model that the file is one of, or the file alone.
    ///
    /// - Throws: badRequest for a part that is missing.
    private static func parts(
        of name: String, at path: String
    ) throws(StoreError) -> [(name: String, path: String)] {
        guard let shard = ShardName(name), shard.count > 1, name.utf8.count <= path.utf8.count
        else { return [(name: name, path: path)] }
        let directory = String(decoding: path.utf8.dropLast(name.utf8.count), as: UTF8.self)
        var parts: [(name: String, path: String)] = []
        for number in 1...shard.count {
            let part = shard.name(of: number)
            guard FileOperations.status(directory + part)?.isRegular ?? false else {
                throw StoreError(
                    .badRequest,
                    "open \(directory)\(part): no such file, part \(number) of \(shard.count)")
            }
            parts.append((name: part, path: directory + part))
        }
        return parts
    }

    /// The files of an adapter: one GGUF file, or safetensors with the configuration beside them.
    ///
    /// A folder may hold more than that (a tokenizer, earlier states); it stays where it is.
    static func files(
        ofAdapterAt path: String
    ) throws(StoreError) -> [(name: String, path: String)] {
        let isFolder = FileOperations.status(path)?.isDirectory ?? false
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = parts.last.map(String.init) ?? path
        guard isFolder || name.hasSuffix(".safetensors") else { return try files(at: path) }
        let folder = isFolder ? path : parts.dropLast().joined(separator: "/")
        let weights = isFolder ? FileOperations.list(folder).filter(isAdapter) : [name]
        guard !weights.isEmpty else { return try files(at: path) }
        let config = AdapterConfig.fileName
        guard FileOperations.status("\(folder)/\(config)")?.isRegular ?? false else {
            throw StoreError(.badRequest, "open \(folder)/\(config): no such file")
        }
        return (weights.sorted() + [config]).map { (name: $0, path: "\(folder)/\($0)") }
    }

    /// `adapter_model.safetensors` and its parts, or `adapters.safetensors`.
    private static func isAdapter(_ name: String) -> Bool {
        name == "adapters.safetensors"
            || name.hasPrefix("adapter_model") && name.hasSuffix(".safetensors")
    }

    /// The file itself by its last element, with all parts where it is one of a split model, or those
    /// of a directory by their relative paths.
    static func files(at path: String) throws(StoreError) -> [(name: String, path: String)] {
        guard let status = FileOperations.status(path), status.isDirectory else {
            let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? "" }
            return try parts(of: name ?? path, at: path)
        }
        guard let root = FileOperations.resolved(path) else {
            throw FileOperations.failure("open", path)
        }
        let top = FileOperations.list(root)
        let below = top.filter { FileOperations.status("\(root)/\($0)")?.isDirectory ?? false }
            .flatMap { folder in FileOperations.list("\(root)/\(folder)").map { "\(folder)/\($0)" }
            }
        func last(_ name: String) -> Substring { name.split(separator: "/").last ?? "" }
        func matching(_ prefix: String, _ suffix: String, deep: Bool = false) -> [String] {
            (top + (deep ? below : [])).filter {
                last($0).hasPrefix(prefix) && last($0).hasSuffix(suffix)
            }
        }
        var names: [String] = []
        for (prefix, suffix) in [
            ("model", ".safetensors"), ("consolidated", ".safetensors"), ("pytorch_model", ".bin"),
            ("consolidated", ".pth"), ("", ".gguf"), ("", ".bin"),
        ] where names.isEmpty {
            names = matching(prefix, suffix, deep: suffix == ".safetensors" && prefix == "model")
        }
        guard !names.isEmpty else {
            throw StoreError(.badRequest, "no Modelfile or safetensors files found")
        }
        names += matching("", ".json", deep: true)
        names += top.filter { $0 == "chat_template.jinja" || $0 == "tokenizer.model" }
        var files: [(name: String, path: String)] = []
        for name in names {
            guard let real = FileOperations.resolved("\(root)/\(name)"),
                real.utf8.starts(with: "\(root)/".utf8)
            else { throw StoreError(.badRequest, "insecure path: \(name)") }
            files.append((name: name, path: real))
        }
        return files
    }
}
