import API
import ArgumentParser
import Client
import FoundationEssentials
import ModelStore

/// `create`: makes a model from a Modelfile; its local files are uploaded first.
struct CreateCommand: AsyncParsableCommand, ReadsEnvironment {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a model")

    @Option(help: .string("Quantize draft model to this level (e.g. q4_K_M)"))
    var draftQuantize: String?
    @Flag(help: "Enable experimental safetensors model creation") var experimental = false
    @Option(name: .shortAndLong, help: .string("Name of the Modelfile"), completion: .file())
    var file = ModelfilePath(path: "Modelfile", isExplicit: false)
    @Option(name: .shortAndLong, help: .string("Quantize model to this level (e.g. q4_K_M)"))
    var quantize: String?
    @Argument(help: .model) var name: String

    func run() async throws {
        try await Connection.with { client in
            let progress = Progress()
            defer { progress.stop() }
            try await create(client, progress)
        }
    }

    private func create(_ client: APIClient, _ progress: Progress) async throws {
        guard ModelName(name) != nil else { throw CommandError("invalid model name: \(name)") }
        if experimental {
            throw CommandError("--experimental is not supported")
        }
        let source = try ModelfileSource(file.path, isExplicit: file.isExplicit)
        let modelfile = try Modelfile(parsing: source.bytes)

        let gathering = Spinner("gathering model components")
        progress.add(gathering)
        let prepared = try modelfile.createRequest(relativeTo: source.folder)
        for warning in prepared.warnings { Console.out(warning + "\n") }
        if !(draftQuantize ?? "").isEmpty, prepared.request.draftFiles == nil {
            throw CommandError("--draft-quantize requires a DRAFT model")
        }
        gathering.stop()
        for file in prepared.localFiles {
            try await Self.upload(file.path, file.digest.description, client, progress)
        }
        var body = prepared.request.json
        body["model"] = .string(name)
        for (member, level) in [("quantize", quantize), ("draft_quantize", draftQuantize)] {
            if let level, !level.isEmpty { body[member] = .string(level) }
        }
        var display = TransferDisplay(progress) { $0["status"]?.string ?? "" }
        try await client.stream("/api/create", .object(body)) { line in display.show(line) }
    }

    private static func upload(
        _ path: String, _ digest: String, _ client: APIClient, _ progress: Progress
    ) async throws {
        guard let size = FileOperations.status(path)?.size else {
            throw CommandError("open \(path): no such file or directory")
        }
        let title = "copying file \(digest)"
        let spinner = Spinner("\(title) 0%")
        progress.add(spinner)
        defer { spinner.stop() }
        if try await !client.hasBlob(digest) {
            try await client.upload(path, size: size, digest: digest) { sent in
                spinner.setMessage("\(title) \(size > 0 ? sent * 100 / size : 100)%")
            }
        }
        spinner.setMessage("\(title) 100%")
    }
}

/// The Modelfile that `--file` names, or the one that is looked for without it.
struct ModelfilePath: ExpressibleByArgument {
    var path: String
    var isExplicit: Bool

    init(path: String, isExplicit: Bool) {
        self.path = path
        self.isExplicit = isExplicit
    }

    init(argument: String) { self.init(path: argument, isExplicit: true) }

    var defaultValueDescription: String { path }
}

/// A Modelfile's bytes and the folder that its paths start from.
struct ModelfileSource {
    var bytes: [UInt8]
    var folder: String

    /// Without a `Modelfile` in the working folder, the folder itself is the model.
    ///
    /// - Throws: ``CommandError`` for a folder, and for a missing file that was asked for by name.
    init(_ path: String, isExplicit: Bool) throws(CommandError) {
        let manager = FileManager.default
        let current = manager.currentDirectoryPath
        let full = path.hasPrefix("/") ? path : current + "/" + path
        let slash = full.lastIndex(of: "/") ?? full.startIndex
        folder = slash == full.startIndex ? "/" : String(full[..<slash])
        var isFolder = false
        guard manager.fileExists(atPath: full, isDirectory: &isFolder) else {
            if isExplicit { throw CommandError("specified Modelfile wasn't found") }
            bytes = Array("FROM .\n".utf8)
            return
        }
        if isFolder { throw CommandError("read \(path): is a directory") }
        guard let data = manager.contents(atPath: full) else {
            throw CommandError("open \(path): cannot be read")
        }
        bytes = Array(data)
    }
}

extension CreateRequest {
    /// Members of the API's request; what is not set is left out.
    var json: JSONObject {
        var body: JSONObject = [:]
        func files(_ list: [(path: String, digest: String)]) -> JSONValue {
            .object(
                JSONObject(
                    list.map { ($0.path, .string($0.digest)) }, uniquingKeysWith: { $1 }))
        }
        if let from { body["from"] = .string(from) }
        if let list = self.files { body["files"] = files(list) }
        if let adapters { body["adapters"] = files(adapters) }
        if let draftFiles { body["draft_files"] = files(draftFiles) }
        if let template { body["template"] = .string(template) }
        if let system { body["system"] = .string(system) }
        if !licenses.isEmpty { body["license"] = .array(licenses.map { .string($0) }) }
        if let parameters { body["parameters"] = .object(parameters) }
        if !messages.isEmpty {
            body["messages"] = .array(
                messages.map { ["role": .string($0.role), "content": .string($0.content)] })
        }
        for (member, value) in [
            ("renderer", renderer), ("parser", parser), ("requires", requires),
        ] where !value.isEmpty {
            body[member] = .string(value)
        }
        return body
    }
}
