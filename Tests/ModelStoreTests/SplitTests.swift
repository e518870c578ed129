import Foundation
import GGUF
import Testing

@testable import ModelStore

/// Models in several files.
@Suite struct SplitTests {
    private static let names = ["token_embd.weight", "blk.0.ffn_up.weight", "blk.0.attn_k.weight"]

    /// One part with one tensor.
    private static func part(
        _ index: Int, of count: Int = 3, _ change: (inout Metadata) -> Void = { _ in }
    ) throws -> [UInt8] {
        var writer = GGUFWriter()
        if index == 0 {
            writer.metadata["general.architecture"] = .string("llama")
            writer.metadata["general.file_type"] = .uint32(0)
            writer.metadata["llama.block_count"] = .uint32(1)
            writer.metadata["llama.context_length"] = .uint32(64)
        }
        writer.metadata["split.no"] = .uint16(UInt16(index))
        writer.metadata["split.count"] = .uint16(UInt16(count))
        writer.metadata["split.tensors.count"] = .int32(3)
        change(&writer.metadata)
        writer.add(names[index], dimensions: [8, 2], type: .f32) {
            [UInt8](repeating: UInt8(index + 1), count: 64)
        }
        let path = NSTemporaryDirectory() + "apus-part-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path)
        return [UInt8](try #require(FileManager.default.contents(atPath: path)))
    }

    private static func name(_ index: Int) -> String { "m-0000\(index + 1)-of-00003.gguf" }

    @Test func `the parts become one file`() throws {
        let store = try TemporaryStore()
        let files = try (0..<3).map {
            (path: Self.name($0), digest: try store.upload(Self.part($0)))
        }
        try store.create("m", files: files.reversed())
        let model = try store.store.model(#require(ModelName("m")))
        #expect(model.manifest.layers.count == 1)
        let file = try GGUFFile(path: #require(model.weightsPath))
        #expect(Set(file.tensors.map(\.name)) == Set(Self.names))
        #expect(file.metadata.keys.allSatisfy { !$0.hasPrefix("split.") })
        for (index, name) in Self.names.enumerated() {
            let bytes = file.bytes(of: try #require(file.tensor(name)))
            #expect(Array(bytes) == [UInt8](repeating: UInt8(index + 1), count: 64))
        }
    }

    @Test func `a part that does not belong is named`() throws {
        let store = try TemporaryStore()
        func error(_ index: Int, _ change: (inout Metadata) -> Void) throws -> String? {
            let files = try (0..<3).map { part in
                (
                    path: Self.name(part),
                    digest: try store.upload(
                        Self.part(part) { if part == index { change(&$0) } })
                )
            }
            do {
                try store.create("m", files: files)
                return nil
            } catch let error as StoreError {
                return error.description
            }
        }
        #expect(
            try error(1) { $0["split.no"] = .uint16(2) }
                == "m-00002-of-00003.gguf: split.no: expected 1, found 2")
        #expect(
            try error(2) { $0["split.count"] = .uint16(4) }
                == "m-00003-of-00003.gguf: split.count: expected 3, found 4")
        #expect(
            try error(2) { $0["split.count"] = nil }
                == "m-00003-of-00003.gguf: split.count: expected 3, found none")
        #expect(
            try error(1) { $0["split.tensors.count"] = .int32(9) }
                == "m-00002-of-00003.gguf: split.tensors.count: expected 3, found 9")
        #expect(
            try error(1) { $0["general.architecture"] = .string("gemma") }
                == "m-00002-of-00003.gguf: general.architecture: expected llama, found gemma")
    }

    @Test func `a part that was not sent is named`() throws {
        let store = try TemporaryStore()
        let files = try [0, 2].map {
            (path: Self.name($0), digest: try store.upload(Self.part($0)))
        }
        let error = #expect(throws: StoreError.self) { try store.create("m", files: files) }
        #expect(
            error?.description
                == "split GGUF needs 3 files, got parts [1, 3]: m-00002-of-00003.gguf is missing")
    }

    @Test func `a Modelfile names one part and takes all`() throws {
        let folder = NSTemporaryDirectory() + "apus-split-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for index in 0..<3 {
            try Data(Self.part(index)).write(
                to: URL(fileURLWithPath: "\(folder)/\(Self.name(index))"))
        }
        let modelfile = try Modelfile(parsing: Array("FROM ./\(Self.name(1))\n".utf8))
        let prepared = try modelfile.createRequest(relativeTo: folder)
        #expect(prepared.request.files?.map { $0.path } == (0..<3).map { Self.name($0) })
        #expect(prepared.localFiles.count == 3)
        let directory = try Modelfile(parsing: Array("FROM .\n".utf8)).createRequest(
            relativeTo: folder)
        #expect(directory.request.files?.count == 3)

        try FileManager.default.removeItem(atPath: "\(folder)/\(Self.name(2))")
        let error = #expect(throws: StoreError.self) {
            try modelfile.createRequest(relativeTo: folder)
        }
        #expect(
            error?.description.hasSuffix(
                "/\(Self.name(2)): no such file, part 3 of 3") == true)
    }

    @Test func `a part does not run by its path`() throws {
        let store = try TemporaryStore()
        let path = store.root + "/" + Self.name(0)
        try Data(Self.part(0)).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try store.store.addLocalFile(path) }
        #expect(error?.description.contains("is part 1 of 3") == true)
    }
}
