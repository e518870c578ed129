import Foundation
import GGUF
import Testing

@Suite("Writing and reading")
struct RoundTripTests {
    @Test(
        "every type of value and the tensors come back",
        arguments: [1, 8, 32, 64, 4096] as [UInt32])
    func roundTrip(alignment: UInt32) throws {
        let file = try TinyFile.open(TinyFile.writer(alignment: alignment).bytes())
        let metadata = file.metadata
        #expect(file.version == 3)
        #expect(file.alignment == Int(alignment))
        #expect(try metadata.architecture == "llama")
        #expect(metadata.keys.first == "general.architecture")
        #expect(try metadata.integer("a.uint8") == 200)
        #expect(try metadata.integer("a.int8") == -100)
        #expect(try metadata.integer("a.uint16") == 60_000)
        #expect(try metadata.integer("a.int16") == -30_000)
        #expect(try metadata.integer("a.int32") == -2_000_000_000)
        #expect(try metadata.integer("a.uint64") == 1 << 40)
        #expect(try metadata.integer("a.int64") == -1 << 40)
        #expect(try metadata.float("a.float32") == 0.25)
        #expect(try metadata.float("a.float64") == -1.5)
        #expect(try metadata.bool("a.bool") == true)
        #expect(try metadata.integers("a.empty") == [])
        #expect(try metadata.integers("a.ints") == [1, -2, 3])
        #expect(try metadata.floats("a.floats") == [0.5, 2])
        #expect(try metadata.strings("a.strings").map(Array.init) == ["", "héllo", "中文"])
        guard case .array(.arrays(let nested)) = metadata["a.nested"] else {
            Issue.record("nested arrays are lost")
            return
        }
        #expect(nested.map(\.count) == [2, 2])
        let x = try #require(file.tensor("x"))
        #expect(x.dimensions == [3, 2])
        #expect(x.offset % Int(alignment) == 0)
        let values = Array(file.bytes(of: x).assumingMemoryBound(to: Float.self))
        #expect(values == [1, 2, 3, 4, 5, 6])
        let y = try #require(file.tensor("y"))
        #expect(Array(file.bytes(of: y)) == (0..<34).map { UInt8($0) })
        #expect(file.tensor("z") == nil)
    }

    @Test("typed getters name the key and both types")
    func wrongType() throws {
        let metadata = try TinyFile.open(TinyFile.writer().bytes()).metadata
        #expect(throws: GGUFError(.wrongType, "key \"a.bool\": expected string, found bool")) {
            try metadata.string("a.bool")
        }
        #expect(
            throws: GGUFError(
                .wrongType, "key \"general.architecture\": expected integer, found string")
        ) {
            try metadata.integer("general.architecture")
        }
        #expect(try metadata.string("absent") == nil)
    }

    @Test("a writer refuses data of the wrong size and leaves no file")
    func wrongSize() throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = TinyFile.writer()
        writer.add("short", dimensions: [8], type: .f32) { [1, 2, 3] }
        #expect(throws: GGUFError(.malformed, "tensor \"short\": 3 bytes of data for 32")) {
            try writer.write(to: path + "/model.gguf")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test(
        "names of types and their blocks",
        arguments: [("Q4_K", 256, 144), ("q8_0", 32, 34), ("BF16", 1, 2)])
    func types(name: String, block: Int, bytes: Int) throws {
        let type = try #require(TensorType(named: name))
        #expect(type.description == name.uppercased())
        #expect(type.blockSize == block)
        #expect(type.blockBytes == bytes)
        #expect(TensorType(named: "Q9_9") == nil)
        #expect(TensorType(rawValue: 99).description == "type 99")
    }
}
