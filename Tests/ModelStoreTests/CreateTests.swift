import API
import Foundation
import OrderedCollections
import Synchronization
import Testing

@testable import ModelStore

@Suite struct CreateTests {
    @Test func `a file becomes a model in the stored form`() throws {
        let store = try TemporaryStore()
        let digest = try store.upload(smallGGUF())
        let lines = try store.create("m", files: [("m.gguf", digest)])
        #expect(lines.count == 5)
        #expect(lines.first == "parsing GGUF")
        #expect(lines[1] == "verifying conversion")
        #expect(lines[2].hasPrefix("creating new layer sha256:"))
        #expect(lines.suffix(2) == ["writing manifest", "success"])
        let model = try store.store.model(#require(ModelName("M")))
        #expect(model.config.family == "llama")
        #expect(model.config.fileType == "F16")
        #expect(model.config.type == "48")
        #expect(store.store.details(of: model).contextLength == 64)
        // The stored form is its own stored form.
        let again = model.manifest.layers[0].digest
        let second = try store.create("n", files: [("n.gguf", again.description)])
        #expect(second[2] == "using existing layer \(again)")
    }

    @Test func `layers are replaced, added and inherited`() throws {
        let store = try TemporaryStore()
        try store.create("base", files: [("m.gguf", store.upload(smallGGUF()))]) {
            $0.template = "{{ .Prompt }}"
            $0.system = "S"
            $0.licenses = ["A"]
            $0.parameters = ["top_k": 4.0, "stop": ["x"]]
            $0.messages = [.init(role: "user", content: "<q>")]
        }
        try store.create("child", from: "BASE") {
            $0.system = "T"
            $0.licenses = ["B"]
            $0.parameters = ["seed": 9]
        }
        let model = try store.store.model(#require(ModelName("child")))
        #expect(model.template == "{{ .Prompt }}")
        #expect(model.system == "T")
        #expect(model.licenses == ["A", "B"])
        #expect(model.parameters == ["seed": 9, "stop": ["x"], "top_k": 4])
        #expect(model.messages.map(\.content) == ["<q>"])
        #expect(model.parentModel == "base:latest")
        #expect(
            model.manifest.layers.map { $0.kind ?? "" }
                == ["model", "template", "license", "messages", "system", "license", "params"])
    }

    @Test(arguments: [
        (["name": "a b", "from": "x"], "invalid model name", 400),
        (["name": "a"], "neither 'from' or 'files' was specified", 400),
        (["name": "a", "from": "./x.gguf"], "invalid model name", 400),
        (["name": "a", "file": "../a.gguf"], "file path must be relative", 400),
        (["name": "a", "file": "/a.gguf"], "file path must be relative", 400),
        (["name": "a", "file": "a.txt"], "unknown type", 400),
        (["name": "a", "from": "none"], "model 'none:latest' not found", 404),
    ])
    func `bad requests fail before the stream`(
        fields: [String: String], message: String, status: Int
    ) throws {
        let store = try TemporaryStore()
        let error = #expect(throws: StoreError.self) {
            try store.create(
                fields["name"] ?? "", from: fields["from"],
                files: fields["file"].map { [($0, "sha256:" + String(repeating: "1", count: 64))] })
        }
        #expect(error?.description == message)
        #expect(error?.status == status)
        #expect(error?.stage == .beforeStream)
    }

    @Test(
        arguments: [
            ("sha256:abc", nil, "invalid digest format"),
            ("", "text", "supplied file was not in GGUF format"),
            ("", "", "EOF"), ("", "GG", "unexpected EOF"), ("", "GGUF", "unexpected EOF"),
        ] as [(String, String?, String)])
    func `bad files fail in the stream`(digest: String, bytes: String?, message: String) throws {
        let store = try TemporaryStore()
        let digest = try bytes.map { try store.upload(Array($0.utf8)) } ?? digest
        let error = #expect(throws: StoreError.self) {
            try store.create("a", files: [("a.gguf", digest)])
        }
        #expect(error?.description == message)
        #expect(error?.stage == .inStream)
    }

    @Test func `deleting removes only what nothing else uses`() throws {
        let store = try TemporaryStore()
        let digest = try store.upload(smallGGUF())
        try store.create("base", files: [("m.gguf", digest)])
        try store.create("k", from: "base") { $0.system = "keep" }
        try store.store.delete(#require(ModelName("base")))
        let model = try store.store.model(#require(ModelName("k")))
        #expect(FileManager.default.fileExists(atPath: try #require(model.weightsPath)))
        try store.store.delete(#require(ModelName("k")))
        // The upload itself stays until it is old.
        #expect(
            store.tree().keys.sorted() == [
                "blobs/", "blobs/sha256-" + digest.dropFirst(7), "manifests/",
            ])
        #expect(throws: StoreError(.notFound, "model 'k:latest' not found")) {
            try store.store.delete(ModelName("k")!)
        }
    }

    @Test func `a digest that does not fit keeps the bytes under the real one`() throws {
        let store = try TemporaryStore()
        let writer = try store.store.newBlob()
        let bytes = Array("hello".utf8)
        try bytes.withUnsafeBufferPointer { try writer.write(UnsafeRawBufferPointer($0)) }
        let wrong = "sha256-" + String(repeating: "0", count: 64)
        let real = Digest(of: bytes)
        #expect(
            throws: StoreError(
                .digestMismatch, "digest mismatch, expected \"\(wrong)\", got \"\(real)\"")
        ) { _ = try writer.finish(expected: Digest(wrong), spelling: wrong) }
        #expect(store.store.hasBlob(real))
        #expect(store.blobCount == 1)
    }

    @Test func `pruning takes old leftovers and stops at corrupt manifests`() throws {
        let store = try TemporaryStore()
        try store.create("m", files: [("m.gguf", store.upload(smallGGUF()))])
        let old = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -7200)]
        for name in ["sha256-0123", "junk", "sha256-" + String(repeating: "1", count: 64)] {
            let path = "\(store.root)/blobs/\(name)"
            try Data("x".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes(old, ofItemAtPath: path)
        }
        try store.upload(Array("young".utf8))
        let bad = store.root + "/manifests/registry.ollama.ai/library/bad"
        try FileManager.default.createDirectory(atPath: bad, withIntermediateDirectories: true)
        try Data("{".utf8).write(to: URL(filePath: bad + "/latest"))
        #expect(store.store.startupPruning().corrupt == ["registry.ollama.ai/library/bad/latest"])
        var skipped: [String] = []
        #expect(
            store.store.models { name, _ in skipped.append(name) }.map(\.name.display) == [
                "m:latest"
            ])
        #expect(skipped == ["registry.ollama.ai/library/bad/latest"])
        try store.store.delete(#require(ModelName("bad")))
        #expect(store.store.prune().removed == 3)
        #expect(try store.store.model(#require(ModelName("m"))).config.family == "llama")
    }

    @Test func `a process killed at any change leaves earlier models whole`() throws {
        var step = 0
        while true {
            let store = try TemporaryStore()
            try store.create("m", files: [("m.gguf", store.upload(smallGGUF()))]) {
                $0.system = "old"
            }
            let left = Mutex(step)
            let files = FileOperations {
                left.withLock {
                    $0 -= 1
                    return $0 >= 0
                }
            }
            var request = CreateRequest()
            request.name = "m"
            request.from = "m"
            request.system = "new"
            let finished: Bool
            do {
                try ModelStore(root: store.root, files: files).create(request) { _ in }
                finished = left.withLock { $0 >= 0 }
            } catch {
                finished = false
            }
            let model = try ModelStore(root: store.root).model(#require(ModelName("m")))
            #expect(["old", "new"].contains(model.system))
            #expect(FileManager.default.fileExists(atPath: try #require(model.weightsPath)))
            if finished {
                #expect(model.system == "new")
                break
            }
            step += 1
            try #require(step < 200)
        }
        #expect(step > 10)
    }

    @Test func `creates and deletes may run at the same time`() async throws {
        let store = try TemporaryStore()
        try store.create("base", files: [("m.gguf", store.upload(smallGGUF()))])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<10 {
                        let name = "w\(worker)"
                        try store.create(name, from: "base") { $0.system = "round \(round)" }
                        _ = try store.store.model(ModelName(name)!)
                        try store.store.delete(ModelName(name)!)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(store.store.models { _, _ in }.map(\.name.display) == ["base:latest"])
        #expect(
            try store.store.weightFacts(of: store.store.model(ModelName("base")!))?.family
                == "llama")
    }

    @Test func `a local file is a model without being copied`() throws {
        let store = try TemporaryStore()
        let path = store.root + "/My Model.gguf"
        try Data(smallGGUF()).write(to: URL(filePath: path))
        let name = try store.store.addLocalFile(path)
        #expect(name.display == "My-Model:latest")
        let model = try store.store.model(name)
        #expect(model.weightsPath?.hasSuffix("My Model.gguf") == true)
        #expect(store.blobCount == 0)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (33_400, "33K"), (494_032_768, "494.03M"), (7_000_000_000, "7B"),
        (7_615_616_512, "7.6B"), (4_461_824, "4.46M"), (1_050_000, "1.05M"), (166_000, "166K"),
    ])
    func `counts are short`(count: Int, text: String) {
        #expect(WeightFacts.countText(count) == text)
    }
}
