import API
import OrderedCollections
import GGUF
import Prompting

/// One create: collects layers, then writes config and manifest.
final class ModelCreation {
    private let store: ModelStore
    private let request: CreateRequest
    private let status: @Sendable (String) -> Void
    private let watcher: CreateWatcher
    private var layers: [(layer: Layer, status: String)] = []
    private var config = ModelConfig()
    private var overrides: ConfigOverrides?
    private var parameters: JSONObject = [:]
    private var pins: [Digest] = []
    /// Blobs of this create's own making that a finished model need not name.
    private var intermediates: [Digest] = []

    init(
        _ store: ModelStore, _ request: CreateRequest, watcher: CreateWatcher,
        status: @escaping @Sendable (String) -> Void
    ) {
        self.watcher = watcher
        self.store = store
        self.request = request
        self.status = status
    }

    deinit {
        for digest in pins { store.blobs.unpin(digest) }
        // What stays for want of permission is removed by a later start.
        try? store.removeUnused(intermediates)
    }

    func run() throws(StoreError) {
        guard let name = ModelName(request.name) else {
            throw StoreError(.badRequest, "invalid model name")
        }
        for file in (request.files ?? []) + (request.adapters ?? []) + (request.draftFiles ?? []) {
            guard Self.isRelative(file.path) else {
                throw StoreError(.badRequest, "file path must be relative")
            }
            guard !file.digest.isEmpty else {
                throw StoreError(.badRequest, "invalid digest format")
            }
        }
        overrides = try request.info.map { (info) throws(StoreError) in try ConfigOverrides(info) }
        if let overrides, let family = overrides.family {
            config.family = family
            config.families = [family]
        }
        guard request.draftFiles?.isEmpty ?? true else {
            throw StoreError(.malformed, "draft models are not supported by this server")
        }
        if let from = request.from, !from.isEmpty {
            try inherit(from)
        } else if let files = request.files {
            try importFiles(files)
        } else {
            throw StoreError(.badRequest, "neither 'from' or 'files' was specified")
        }
        try quantizeInherited()
        try importAdapters()
        try describeWeights()
        try addMetadataLayers()
        try write(as: store.resolve(name))
    }

    /// Neither absolute nor with empty, `.` or `..` elements.
    private static func isRelative(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy {
            !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
        }
    }

    // MARK: Sources of weights

    private func inherit(_ text: String) throws(StoreError) {
        let cloud = text.utf8.elementsEqual("cloud".utf8) ? nil : Self.cloudModel(text)
        if !request.remoteHost.isEmpty || cloud != nil {
            config.remoteHost =
                request.remoteHost.isEmpty ? "https://ollama.com:443" : request.remoteHost
            config.remoteModel = cloud ?? text
            return
        }
        guard let name = ModelName(text) else {
            throw StoreError(.badRequest, "invalid model name")
        }
        let parent = try store.model(name)
        if parent.isEmbedded, let model = store.embeddedModel(parent.name) {
            pins += try store.putBlobs(of: model)
        }
        for var layer in parent.manifest.layers {
            hold(layer.digest)
            guard store.blobs.contains(layer.digest) else {
                throw StoreError(
                    .io, "open \(store.blobs.path(layer.digest)): no such file or directory")
            }
            store.files.touch(store.blobs.path(layer.digest))
            layer.from = parent.name.display
            layers.append((layer, "using existing layer \(layer.digest)"))
        }
        parameters = parent.parameters
        config.renderer = parent.config.renderer
        config.parser = parent.config.parser
        config.requires = parent.config.requires
        config.thinksByDefault = parent.config.thinksByDefault
        config.format = parent.config.format
        config.capabilities = parent.config.capabilities
    }

    /// The name without its cloud mark; nil when it has none.
    private static func cloudModel(_ text: String) -> String? {
        for mark in [":cloud", "-cloud"] where text.utf8.count > mark.utf8.count {
            let head = text.utf8.dropLast(mark.utf8.count)
            guard text.utf8.suffix(mark.utf8.count).elementsEqual(mark.utf8) else { continue }
            let rest = String(decoding: head, as: UTF8.self)
            // `-cloud` marks a tag only.
            if mark == ":cloud" || rest.utf8.contains(UInt8(ascii: ":")) { return rest }
        }
        return nil
    }

    private func importFiles(_ files: [(path: String, digest: String)]) throws(StoreError) {
        if files.contains(where: { $0.path.hasSuffix(".safetensors") }) {
            if let other = files.first(where: { $0.path.hasSuffix(".gguf") }) {
                throw StoreError(
                    .badRequest, "\(other.path) cannot be combined with safetensors files")
            }
            try use(importer.layers(fromCheckpoint: files))
            return
        }
        let isGGUF = files.contains { file in
            if file.path.hasSuffix(".gguf") { return true }
            guard let digest = Digest(file.digest) else { return false }
            let start = try? FileOperations.start(of: store.blobs.path(digest), count: 4)
            return start == Array("GGUF".utf8)
        }
        guard isGGUF else { throw StoreError(.badRequest, "unknown type") }
        status("parsing GGUF")
        try use(importer.layers(from: files))
    }

    private func use(_ results: [WeightsImport.Result]) throws(StoreError) {
        for result in results {
            layers.append((result.layer, result.status))
            if result.facts.kind == .model { try addDetectedTemplate(result.file) }
        }
    }

    private var importer: WeightsImport {
        WeightsImport(
            store: store, quantize: request.quantize, status: status, watcher: watcher,
            pinned: { [self] in pins.append($0) },
            intermediate: { [self] in intermediates.append($0) })
    }

    private func importAdapters() throws(StoreError) {
        guard let adapters = request.adapters, !adapters.isEmpty else { return }
        if adapters.contains(where: { $0.path.hasSuffix(".safetensors") }) {
            if let other = adapters.first(where: { $0.path.hasSuffix(".gguf") }) {
                throw StoreError(
                    .badRequest, "\(other.path) cannot be combined with safetensors files")
            }
            guard let model = layers.first(where: { $0.layer.kind == "model" }) else {
                throw StoreError(.badRequest, "an adapter needs the weights of a model")
            }
            let result = try importer.layer(fromAdapter: adapters, for: model.layer.digest)
            layers.append((result.layer, result.status))
            return
        }
        guard adapters.count == 1 else {
            throw StoreError(.badRequest, "only one adapter is currently supported")
        }
        status("parsing GGUF")
        for result in try importer.layers(from: adapters) {
            guard result.facts.kind == .adapter else {
                throw StoreError(.malformed, "\(adapters[0].path) is no adapter")
            }
            layers.append((result.layer, result.status))
        }
    }

    private func addDetectedTemplate(_ file: GGUFFile) throws(StoreError) {
        guard let jinja = try? file.metadata.string("tokenizer.chat_template"),
            let known = KnownChatTemplate.matching(jinja)
        else { return }
        try add(
            "template", Array(known.go.utf8), status: "using autodetected template \(known.name)")
        parameters["stop"] = .array(known.stop.map(JSONValue.string))
    }

    // MARK: Config

    /// Converts the weights of a parent, where the request says so.
    private func quantizeInherited() throws(StoreError) {
        guard request.from != nil, !request.quantize.isEmpty else { return }
        for index in layers.indices where layers[index].layer.kind == "model" {
            let old = layers[index].layer
            if let result = try importer.quantized(old.digest, mediaType: old.mediaType) {
                layers[index] = (result.layer, result.status)
            }
        }
    }

    private func describeWeights() throws(StoreError) {
        for (layer, _) in layers {
            guard let kind = layer.kind, WeightFacts.Kind(rawValue: kind) != nil else { continue }
            let facts = try store.facts(of: layer.digest)
            func set(_ field: inout String, _ value: String) { if field.isEmpty { field = value } }
            set(&config.format, "gguf")
            set(&config.family, facts.family)
            set(&config.type, facts.parameterSize)
            set(&config.fileType, facts.quantization)
            config.families = (config.families ?? []) + [facts.family]
            if kind == "model", request.from == nil { useFamilyDefaults(facts.family) }
        }
        func replace(_ field: inout String, _ value: String) { if !value.isEmpty { field = value } }
        replace(&config.renderer, request.renderer)
        replace(&config.parser, request.parser)
        replace(&config.requires, request.requires)
        guard let overrides else { return }
        config.fileType = overrides.quantization ?? config.fileType
        config.type = overrides.parameterSize ?? config.type
        config.baseName = overrides.baseName ?? config.baseName
        config.capabilities = overrides.capabilities ?? config.capabilities
        config.contextLength = overrides.contextLength ?? config.contextLength
        config.embeddingLength = overrides.embeddingLength ?? config.embeddingLength
    }

    private func useFamilyDefaults(_ family: String) {
        let name: String
        switch family {
        case "gemma4":
            name = "gemma4"
            if parameters["stop"] == nil { parameters["stop"] = ["<turn|>"] }
        case "laguna": name = "laguna"
        case _ where family.hasPrefix("nemotron_h"): name = "nemotron-3-nano"
        default: return
        }
        config.renderer = name
        config.parser = name
    }

    // MARK: Small layers

    private func addMetadataLayers() throws(StoreError) {
        if let template = request.template, !template.isEmpty {
            do throws(TemplateError) {
                _ = try GoTemplate(template)
            } catch {
                throw StoreError(.badRequest, "template error: \(error)")
            }
            remove("template", "prompt")
            try add("template", Array(template.utf8))
        }
        if let system = request.system, !system.isEmpty {
            remove("system")
            try add("system", Array(system.utf8))
        }
        for license in request.licenses where !license.isEmpty {
            try add("license", Array(license.utf8))
        }
        if let given = request.parameters { parameters.merge(given) { $1 } }
        if !parameters.isEmpty {
            remove("params")
            let bytes = JSONValue.object(parameters).canonical.serializedBytes
            try add("params", bytes + [UInt8(ascii: "\n")])
        }
        if !request.messages.isEmpty {
            remove("messages")
            try add("messages", MessageList(request.messages).serializedBytes)
        }
    }

    private func remove(_ kinds: String...) {
        // Let go of them: replacing a model by a child of itself leaves its old layers unused.
        for (layer, _) in layers where kinds.contains(layer.kind ?? "") {
            guard let index = pins.firstIndex(of: layer.digest) else { continue }
            pins.remove(at: index)
            store.blobs.unpin(layer.digest)
        }
        layers.removeAll { kinds.contains($0.layer.kind ?? "") }
    }

    private func add(_ kind: String, _ bytes: [UInt8], status: String? = nil) throws(StoreError) {
        let (digest, existed) = try store.blobs.put(bytes)
        pins.append(digest)
        let layer = Layer(mediaType: Layer.prefix + kind, digest: digest, size: bytes.count)
        layers.append(
            (layer, status ?? "\(existed ? "using existing" : "creating new") layer \(digest)"))
    }

    private func hold(_ digest: Digest) {
        store.blobs.pin(digest)
        pins.append(digest)
    }

    private func write(as name: ModelName) throws(StoreError) {
        let bytes = config.serializedBytes
        let (digest, _) = try store.blobs.put(bytes)
        pins.append(digest)
        for (_, line) in layers { status(line) }
        status("writing manifest")
        let manifest = Manifest(
            config: Layer(mediaType: Layer.configType, digest: digest, size: bytes.count),
            layers: layers.map(\.layer))
        try store.replaceManifest(
            of: name, with: manifest.serializedBytes, needing: manifest,
            removeOld: !request.keepsReplacedBlobs)
        status("success")
    }
}

extension JSONValue {
    /// Objects with sorted keys, numbers in the shortest form of a double.
    var canonical: JSONValue {
        switch self {
        case .number(let number): .number(JSONNumber(number.double))
        case .array(let elements): .array(elements.map(\.canonical))
        case .object(let object):
            .object(
                JSONObject(
                    uniqueKeysWithValues: object.elements
                        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, $0.value.canonical) }))
        default: self
        }
    }
}
