import Foundation
import GGUF
import Testing

@Suite("Writing and reading")
struct RoundTripTests {
    @Test(
        "every type of value and the tensors come back",
        arguments: [1, 2, 8, 32, 64, 4096, 1 << 20] as [UInt32])
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

    @Test("arrays of every type come back")
    func arrays() throws {
        let arrays: [(MetadataArray, String)] = [
            (.uint8([0, 255]), "uint8([0, 255])"), (.int8([-128, 127]), "int8([-128, 127])"),
            (.uint16([65_535]), "uint16([65535])"), (.int16([-32_768]), "int16([-32768])"),
            (.uint32([.max]), "uint32([4294967295])"), (.int32([.min]), "int32([-2147483648])"),
            (.uint64([.max]), "uint64([18446744073709551615])"),
            (.int64([.min]), "int64([-9223372036854775808])"),
            (.float32([1.5, -0.25]), "float32([1.5, -0.25])"),
            (.float64([1e300]), "float64([1e+300])"),
            (.bool([true, false]), "bool([true, false])"),
        ]
        var writer = GGUFWriter()
        for (index, array) in arrays.enumerated() { writer.metadata["k\(index)"] = .array(array.0) }
        writer.metadata["deep"] = .array(.arrays([.arrays([.strings(StringArray(["a", ""]))])]))
        let file = try TinyFile.open(writer.bytes())
        for (index, array) in arrays.enumerated() {
            guard case .array(let found) = file.metadata["k\(index)"] else {
                Issue.record("k\(index) is lost")
                continue
            }
            #expect("\(found)" == array.1)
        }
        guard case .array(.arrays(let outer)) = file.metadata["deep"],
            case .arrays(let inner) = outer[0], case .strings(let strings) = inner[0]
        else {
            Issue.record("nested arrays are lost")
            return
        }
        #expect(Array(strings) == ["a", ""])
        #expect(throws: GGUFError(.malformed, "key \"k6\": 18446744073709551615 is too large")) {
            try file.metadata.integers("k6")
        }
    }

    @Test("version 2 is read as version 3")
    func version2() throws {
        var bytes = try TinyFile.writer().bytes()
        bytes[4] = 2
        let file = try TinyFile.open(bytes)
        #expect(file.version == 2)
        #expect(file.tensors.count == 2)
    }

    @Test("strings outlive the file object that they came from")
    func lifetime() throws {
        let strings = try #require(
            try TinyFile.open(TinyFile.writer().bytes()).metadata.strings("a.strings"))
        #expect(Array(strings) == ["", "héllo", "中文"])
        #expect(strings.bytes(at: 2) == Array("中文".utf8))
    }

    static let unwritable: [(String, @Sendable (inout GGUFWriter) -> Void)] = [
        ("0 is not a power of two", { $0.metadata["general.alignment"] = .uint32(0) }),
        ("3 is not a power of two", { $0.metadata["general.alignment"] = .uint32(3) }),
        ("-32 is not a power of two", { $0.metadata["general.alignment"] = .int32(-32) }),
        ("\"x\" occurs twice", { $0.add("x", dimensions: [1], type: .f32) { [0, 0, 0, 0] } }),
        ("bad dimension 0", { $0.add("t", dimensions: [0], type: .f32) { [] } }),
        ("bad dimension -4", { $0.add("t", dimensions: [-4], type: .f32) { [] } }),
        ("is too large", { $0.add("t", dimensions: [1 << 40, 1 << 40], type: .f32) { [] } }),
        ("is too large", { $0.add("t", dimensions: [.max], type: .f32) { [] } }),
        (
            "not a multiple of Q8_0's block 32",
            { $0.add("t", dimensions: [33], type: .q8_0) { [] } }
        ),
        ("5 dimensions", { $0.add("t", dimensions: [1, 1, 1, 1, 1], type: .f32) { [] } }),
        ("unknown type 99", { $0.add("t", dimensions: [1], type: .init(rawValue: 99)) { [] } }),
    ]

    @Test("a writer refuses what a reader would", arguments: unwritable.indices)
    func refusesToWrite(index: Int) throws {
        let (text, change) = Self.unwritable[index]
        var writer = TinyFile.writer()
        change(&writer)
        do {
            _ = try writer.bytes()
            Issue.record("written: \(text)")
        } catch { #expect(error.description.contains(text), "\(error)") }
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
        arguments: [
            ("Q4_K", 256, 144), ("q8_0", 32, 34), ("BF16", 1, 2), ("F64", 1, 8),
            ("IQ4_XS", 256, 136),
            ("MXFP4", 32, 17), ("NVFP4", 64, 36), ("TQ2_0", 256, 66),
        ])
    func types(name: String, block: Int, bytes: Int) throws {
        let type = try #require(TensorType(named: name))
        #expect(type.description == name.uppercased())
        #expect(type.blockSize == block)
        #expect(type.blockBytes == bytes)
        #expect(TensorType(named: "Q9_9") == nil)
        #expect(TensorType(rawValue: 99).description == "type 99")
    }
}
