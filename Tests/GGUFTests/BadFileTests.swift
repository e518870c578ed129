import Foundation
import GGUF
import TestSupport
import Testing

@Suite("Broken files")
struct BadFileTests {
    static let cases: [(name: String, bytes: [UInt8], says: String)] = [
        ("four bytes", Array("GGUF".utf8), "version at byte 4"),
        ("empty", [], "is empty"),
        ("another magic", Array("GGML0000000000000000".utf8), "not a gguf file"),
        (
            "version 1", RawHeader(version: 1, tensors: 0, pairs: 0).bytes,
            "unsupported gguf version 1"
        ),
        (
            "version 4", RawHeader(version: 4, tensors: 0, pairs: 0).bytes,
            "unsupported gguf version 4"
        ),
        (
            "too many tensors", RawHeader(tensors: .max, pairs: 0).bytes,
            "tensor count: 18446744073709551615"
        ),
        (
            "too many pairs", RawHeader(tensors: 0, pairs: 1 << 63).bytes,
            "metadata count: 9223372036854775808"
        ),
        (
            "a key longer than the file",
            RawHeader(tensors: 0, pairs: 1).bytes + [UInt8](repeating: 0xFF, count: 64),
            "length of a key"
        ),
        ("unknown value type", RawHeader.pair("k") { $0.add(UInt32(13)) }, "unknown value type 13"),
        (
            "unknown element type",
            RawHeader.pair("k") {
                $0.add(UInt32(9)); $0.add(UInt32(77)); $0.add(UInt64(0))
            }, "unknown element type 77"
        ),
        (
            "array longer than the file",
            RawHeader.pair("k") {
                $0.add(UInt32(9)); $0.add(UInt32(4)); $0.add(UInt64(1 << 62))
            }, "elements of \"k\""
        ),
        (
            "strings longer than the file",
            RawHeader.pair("k") {
                $0.add(UInt32(9)); $0.add(UInt32(8)); $0.add(UInt64(2)); $0.add(UInt64(1 << 60))
            }, "element 0 of \"k\""
        ),
        (
            "arrays in arrays in arrays",
            RawHeader.pair("k") { for _ in 0..<6 { $0.add(UInt32(9)); $0.add(UInt64(1)) } }, "\"k\""
        ),
        (
            "a bool of 2",
            RawHeader.pair("k") {
                $0.add(UInt32(7)); $0.add(UInt8(2))
            }, "2 is not a bool"
        ),
        (
            "alignment 0",
            RawHeader.pair("general.alignment") {
                $0.add(UInt32(4)); $0.add(UInt32(0))
            }, "0 is not a power of two"
        ),
        (
            "alignment 3",
            RawHeader.pair("general.alignment") {
                $0.add(UInt32(4)); $0.add(UInt32(3))
            }, "3 is not a power of two"
        ),
        (
            "alignment 2^31",
            RawHeader.pair("general.alignment") {
                $0.add(UInt32(4)); $0.add(UInt32(1 << 31))
            }, "2147483648 is not a power of two"
        ),
        (
            "alignment as text",
            RawHeader.pair("general.alignment") {
                $0.add(UInt32(8)); $0.add("32")
            }, "expected integer, found string"
        ),
        ("five dimensions", RawHeader.tensor(dimensions: [1, 1, 1, 1, 1]), "5 dimensions"),
        ("a dimension of 0", RawHeader.tensor(dimensions: [4, 0]), "bad dimension 0"),
        (
            "a dimension of 2^63", RawHeader.tensor(dimensions: [1 << 63]),
            "bad dimension 9223372036854775808"
        ),
        ("a product that wraps", RawHeader.tensor(dimensions: [1 << 40, 1 << 40]), "is too large"),
        ("bytes that wrap", RawHeader.tensor(dimensions: [1 << 62]), "is too large"),
        ("unknown tensor type", RawHeader.tensor(dimensions: [4], type: 4242), "unknown type 4242"),
        ("a removed tensor type", RawHeader.tensor(dimensions: [32], type: 4), "unknown type 4"),
        (
            "half a block", RawHeader.tensor(dimensions: [16], type: 8),
            "not a multiple of Q8_0's block 32"
        ),
        (
            "an offset that is not aligned", RawHeader.tensor(dimensions: [4], offset: 7),
            "bad offset 7"
        ),
        (
            "an offset past the end", RawHeader.tensor(dimensions: [4], offset: 1 << 40),
            "exceed the file's"
        ),
        ("an offset near 2^64", RawHeader.tensor(dimensions: [4], offset: .max - 31), "bad offset"),
        ("data past the end", RawHeader.tensor(dimensions: [64]), "256 bytes at offset 0 exceed"),
    ]

    @Test("say what is wrong and where", arguments: cases.indices)
    func says(index: Int) throws {
        let (name, bytes, text) = Self.cases[index]
        do {
            _ = try TinyFile.open(bytes)
            Issue.record("\(name): opened")
        } catch let error as GGUFError {
            #expect(error.description.contains(text), "\(name): \(error)")
        }
    }

    @Test("keys and tensors that occur twice are refused")
    func twice() throws {
        var header = RawHeader(tensors: 0, pairs: 2)
        for _ in 0..<2 {
            header.add("k")
            header.add(UInt32(0))
            header.add(UInt8(1))
        }
        #expect(throws: GGUFError(.malformed, "key \"k\" occurs twice")) {
            try TinyFile.open(header.bytes)
        }
    }

    @Test("folders and missing files are errors")
    func noFile() {
        #expect(throws: GGUFError.self) { try GGUFFile(path: "/tmp") }
        #expect(throws: GGUFError.self) { try GGUFFile(path: "/dev/zero") }
        #expect(throws: GGUFError.self) { try GGUFFile(path: "/nowhere/model.gguf") }
    }

    @Test("every truncation is an error")
    func truncations() throws {
        let whole = try TinyFile.writer().bytes()
        for cut in 0..<(whole.count - 32) {
            #expect(throws: GGUFError.self, "cut at \(cut)") {
                try TinyFile.open(Array(whole[..<cut]))
            }
        }
    }

    /// Bytes that stay where they are for the rest of the process, to be damaged and restored.
    struct Patient: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer
        let headerSize: Int

        init(_ whole: [UInt8]) throws {
            bytes = .allocate(byteCount: whole.count, alignment: 4096)
            bytes.copyBytes(from: whole)
            headerSize = try GGUFFile(staticBytes: UnsafeRawBufferPointer(bytes), label: "whole")
                .dataOffset
        }

        func open(upTo end: Int? = nil) throws -> GGUFFile {
            try GGUFFile(
                staticBytes: UnsafeRawBufferPointer(rebasing: bytes[..<(end ?? bytes.count)]),
                label: "patient")
        }
    }

    static func patients() throws -> [Patient] {
        var patients = [try Patient(TinyFile.writer().bytes())]
        if Golden.isPresent {
            patients.append(try Patient(Golden.data("archs/llama/model.gguf")))
        }
        return patients
    }

    @Test("200 truncations of whole models are errors")
    func modelTruncations() throws {
        for patient in try Self.patients() {
            // The last tensor's padding may be missing.
            let size = patient.bytes.count - 32
            for place in 0..<200 {
                let cut = size * place / 200
                #expect(throws: GGUFError.self, "cut at \(cut)") { try patient.open(upTo: cut) }
            }
        }
    }

    @Test("2,000 random byte flips in a header never crash")
    func flips() throws {
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for patient in try Self.patients() {
            var (opened, refused) = (0, 0)
            for _ in 0..<2_000 {
                var before: [(Int, UInt8)] = []
                for _ in 0...random(4) {
                    let place = random(patient.headerSize)
                    before.append((place, patient.bytes[place]))
                    patient.bytes[place] = UInt8(random(256))
                }
                do {
                    let file = try patient.open()
                    opened += 1
                    // Whatever opened can be read to its last byte.
                    for tensor in file.tensors {
                        #expect(file.bytes(of: tensor).count == tensor.byteCount)
                    }
                    for key in file.metadata.keys {
                        if case .array(.strings(let strings)) = file.metadata[key] {
                            #expect(strings.reduce(0) { $0 + $1.utf8.count } >= 0)
                        }
                    }
                } catch is GGUFError { refused += 1 }
                for (place, byte) in before.reversed() { patient.bytes[place] = byte }
            }
            #expect(opened > 20)
            #expect(refused > 200)
            #expect(throws: Never.self) { try patient.open() }
        }
    }

    @Test("a file with a hole cannot ask for more memory than a header needs")
    func hole() throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let header = RawHeader.pair("k") {
            $0.add(UInt32(9)); $0.add(UInt32(0)); $0.add(UInt64(1) << 33)
        }
        try Data(header).write(to: URL(filePath: path))
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 1 << 34)
        try handle.close()
        #expect(
            throws: GGUFError(.malformed, "key \"k\": arrays take more than 1073741824 bytes")
        ) { try GGUFFile(path: path) }
    }

    @Test("every recorded file opens", .enabled(if: Golden.isPresent))
    func golden() throws {
        let paths = FileManager.default.enumerator(atPath: Golden.root!.path)!.compactMap {
            $0 as? String
        }
        let files = paths.filter { $0.hasSuffix(".gguf") }
        #expect(files.count > 40)
        for file in files {
            #expect(throws: Never.self, "\(file)") { try GGUFFile(path: Golden.url(file).path) }
        }
    }
}
