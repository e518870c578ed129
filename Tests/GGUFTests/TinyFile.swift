import Foundation
import GGUF

/// A small file with every kind of value and a few tensors.
enum TinyFile {
    static func writer(alignment: UInt32 = 32) -> GGUFWriter {
        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string("llama")
        writer.metadata["general.alignment"] = .uint32(alignment)
        writer.metadata["a.uint8"] = .uint8(200)
        writer.metadata["a.int8"] = .int8(-100)
        writer.metadata["a.uint16"] = .uint16(60_000)
        writer.metadata["a.int16"] = .int16(-30_000)
        writer.metadata["a.int32"] = .int32(-2_000_000_000)
        writer.metadata["a.uint64"] = .uint64(1 << 40)
        writer.metadata["a.int64"] = .int64(-1 << 40)
        writer.metadata["a.float32"] = .float32(0.25)
        writer.metadata["a.float64"] = .float64(-1.5)
        writer.metadata["a.bool"] = .bool(true)
        writer.metadata["a.empty"] = .array(.int32([]))
        writer.metadata["a.ints"] = .array(.int32([1, -2, 3]))
        writer.metadata["a.floats"] = .array(.float32([0.5, 2]))
        writer.metadata["a.strings"] = .array(.strings(StringArray(["", "héllo", "中文"])))
        writer.metadata["a.nested"] = .array(.arrays([.uint8([1, 2]), .bool([true, false])]))
        writer.add("x", dimensions: [3, 2], type: .f32) {
            [Float](arrayLiteral: 1, 2, 3, 4, 5, 6).withUnsafeBytes { Array($0) }
        }
        writer.add("y", dimensions: [32], type: .q8_0) { (0..<34).map { UInt8($0) } }
        return writer
    }

    /// Opens bytes through a file.
    static func open(_ bytes: [UInt8]) throws -> GGUFFile {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try GGUFFile(path: path)
    }
}

/// Bytes of a header written by hand, for files that no writer would make.
struct RawHeader {
    var bytes: [UInt8] = Array("GGUF".utf8)
    mutating func add(_ value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { bytes += Array($0) }
    }
    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    init(version: UInt32 = 3, tensors: UInt64, pairs: UInt64) {
        add(version)
        add(tensors)
        add(pairs)
    }

    /// A file with one tensor whose entry says anything.
    static func tensor(
        dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, data: Int = 64,
        rank: UInt32? = nil
    ) -> [UInt8] {
        var header = RawHeader(tensors: 1, pairs: 0)
        header.add("t")
        header.add(rank ?? UInt32(dimensions.count))
        for dimension in dimensions { header.add(dimension) }
        header.add(type)
        header.add(offset)
        while header.bytes.count % 32 != 0 { header.bytes.append(0) }
        return header.bytes + [UInt8](repeating: 0, count: data)
    }

    /// A file with one pair whose value is given byte by byte.
    static func pair(_ key: String, _ body: (inout RawHeader) -> Void) -> [UInt8] {
        var header = RawHeader(tensors: 0, pairs: 1)
        header.add(key)
        body(&header)
        return header.bytes + [UInt8](repeating: 0, count: 64)
    }
}
