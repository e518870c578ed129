import API
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite struct EmbeddedModelTests {
    /// A store in a folder of its own that offers a model named `chick`.
    final class Nest: Sendable {
        let root: String
        let store: ModelStore
        let chick = ModelName("chick")!

        init() throws {
            root = NSTemporaryDirectory() + "apus-nest-" + UUID().uuidString
            var model = EmbeddedModel(
                name: chick,
                weights: EmbeddedWeights(
                    staticBytes: try TinyModel.staticBytes(), label: "chick.gguf"))
            model.template = "{{ .Prompt }}!"
            model.parameters = ["stop": ["<end>"]]
            model.license = "Free as a bird."
            model.thinksByDefault = false
            model.modified = 1000
            store = try ModelStore(root: root, embedded: [model])
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        var blobs: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: root + "/blobs")) ?? []
        }

        func names() -> [String] {
            store.models { name, error in Issue.record("\(name): \(error)") }.map(\.name.display)
        }
    }

    @Test func `an empty store lists and describes it without writing a file`() throws {
        let nest = try Nest()
        #expect(nest.names() == ["chick:latest"])
        let name = nest.store.resolve(try #require(ModelName("CHICK")))
        #expect(name == nest.chick && nest.store.contains(name))
        let model = try nest.store.model(name)
        #expect(model.isEmbedded && model.weightsPath == nil)
        #expect(model.template == "{{ .Prompt }}!")
        #expect(model.parameters == ["stop": ["<end>"]])
        #expect(model.licenses == ["Free as a bird."])
        #expect(model.modified == 1000)
        #expect(model.digest == Digest(of: model.manifest.serializedBytes).hex)
        #expect(!model.config.thinksByDefault)
        let details = nest.store.details(of: model)
        #expect(details.family == "llama" && details.contextLength == TinyModel.contextLength)
        #expect(nest.blobs.isEmpty)
        let text = Modelfile.text(of: model, store: nest.store, system: nil, parameters: nil)
        #expect(text.contains("FROM chick:latest\nTEMPLATE {{ .Prompt }}!\n"))
    }

    @Test func `a store without embedded models stays empty`() throws {
        let nest = try Nest()
        let store = try ModelStore(root: nest.root)
        #expect(store.models { _, _ in }.isEmpty)
        #expect(!store.contains(nest.chick))
    }

    @Test func `a copy is a stored model of its own`() throws {
        let nest = try Nest()
        let copy = try #require(ModelName("copy"))
        try nest.store.copy(nest.chick, to: copy)
        #expect(nest.names() == ["copy:latest", "chick:latest"])
        // Everything is there for a store that offers nothing by itself.
        let plain = try ModelStore(root: nest.root)
        let model = try plain.model(copy)
        let embedded = try nest.store.model(nest.chick)
        #expect(!model.isEmbedded)
        #expect(model.digest == embedded.digest)
        #expect(model.template == embedded.template && model.licenses == embedded.licenses)
        #expect(model.parameters == embedded.parameters && model.config == embedded.config)
        let weights = try Digest.ofFile(try #require(model.weightsPath))
        #expect(weights == model.manifest.layers[0].digest)
        #expect(plain.prune() == (total: 5, removed: 0))
        try nest.store.delete(copy)
        #expect(nest.blobs.isEmpty)
        #expect(nest.names() == ["chick:latest"])
    }

    @Test func `copying it onto itself changes nothing`() throws {
        let nest = try Nest()
        try nest.store.copy(nest.chick, to: try #require(ModelName("Chick")))
        #expect(nest.blobs.isEmpty)
        #expect(try nest.store.model(nest.chick).isEmbedded)
    }

    @Test func `a pull stores it and tells its layers, a removal brings the embedded one back`()
        throws
    {
        let nest = try Nest()
        let lines = Mutex<[String]>([])
        try nest.store.storeEmbedded(nest.chick) { text, layer in
            lines.withLock { $0.append(text + (layer == nil ? "" : " \(layer!.size)")) }
        }
        let model = try nest.store.model(nest.chick)
        #expect(!model.isEmbedded && FileManager.default.fileExists(atPath: model.weightsPath!))
        let layers = (model.manifest.layers + [model.manifest.config]).map {
            "pulling \($0.digest.hex.prefix(12)) \($0.size)"
        }
        #expect(
            lines.withLock { $0 }
                == ["pulling manifest"] + layers
                + ["verifying sha256 digest", "writing manifest", "success"])
        #expect(nest.names() == ["chick:latest"])
        // Again: nothing new.
        let before = nest.blobs
        try nest.store.storeEmbedded(nest.chick) { _, _ in }
        #expect(Set(nest.blobs) == Set(before) && before.count == 5)
        try nest.store.delete(nest.chick)
        #expect(try nest.store.model(nest.chick).isEmbedded)
        #expect(nest.blobs.isEmpty)
    }

    @Test func `the embedded one cannot be deleted`() throws {
        let nest = try Nest()
        do {
            try nest.store.delete(nest.chick)
            Issue.record("deleted")
        } catch {
            #expect(error.code == .badRequest)
            #expect(
                error.description
                    == "model 'chick:latest' is embedded in the program and cannot be deleted")
        }
        #expect(nest.names() == ["chick:latest"])
    }

    @Test func `pulling a name that is not embedded fails`() throws {
        let nest = try Nest()
        #expect(throws: StoreError(.notFound, "model 'hen:latest' not found")) {
            try nest.store.storeEmbedded(try #require(ModelName("hen"))) { _, _ in }
        }
    }

    @Test func `a stored model of its name hides it`() throws {
        let nest = try Nest()
        var request = CreateRequest()
        request.name = "chick"
        request.from = "chick"
        request.system = "You are a hen."
        try nest.store.create(request) { _ in }
        let model = try nest.store.model(nest.chick)
        #expect(model.system == "You are a hen." && !model.isEmbedded)
        #expect(nest.names() == ["chick:latest"])
    }

    @Test func `a model made from it inherits its parts`() throws {
        let nest = try Nest()
        var request = CreateRequest()
        request.name = "hen"
        request.from = "chick"
        request.system = "You are a hen."
        try nest.store.create(request) { _ in }
        let model = try nest.store.model(try #require(ModelName("hen")))
        #expect(model.parentModel == "chick:latest" && model.system == "You are a hen.")
        #expect(model.template == "{{ .Prompt }}!" && model.parameters == ["stop": ["<end>"]])
        #expect(!model.config.thinksByDefault)
        try nest.store.delete(model.name)
        #expect(nest.blobs.isEmpty)
    }

    @Test func `bytes that are no model are left out of the list`() throws {
        let root = NSTemporaryDirectory() + "apus-nest-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 7)
        let broken = EmbeddedModel(
            name: try #require(ModelName("egg")),
            weights: EmbeddedWeights(staticBytes: UnsafeRawBufferPointer(bytes), label: "egg"))
        let store = try ModelStore(root: root, embedded: [broken])
        var skipped: [String] = []
        #expect(store.models { name, _ in skipped.append(name) }.isEmpty)
        #expect(skipped == ["registry.ollama.ai/library/egg/latest"])
    }
}
