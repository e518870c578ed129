import Foundation
import Testing

@testable import ModelStore

@Suite struct SafetensorsFileTests {
    private func tensors(_ bytes: [UInt8]) throws -> [SafetensorsTensor] {
        let path = NSTemporaryDirectory() + "apus-tensors-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try SafetensorsFile.tensors(ofFileAt: path, name: "x")
    }

    private func message(_ header: String, data: Int = 8) -> String? {
        let bytes = TinyCheckpoint.file(header: header, data: [UInt8](repeating: 7, count: data))
        return #expect(throws: StoreError.self) { _ = try tensors(bytes) }?.description
    }

    @Test func `names, shapes and places are read`() throws {
        let header = """
            {"__metadata__":{"format":"pt"},
            "a":{"dtype":"F16","shape":[2,1],"data_offsets":[4,8]} ,
             "b\\u0041":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}   
            """
        let list = try tensors(TinyCheckpoint.file(header: header, data: Array(0..<8)))
        #expect(list.map(\.name) == ["a", "bA"])
        #expect(list[0].shape == [2, 1] && list[0].elementType == "F16")
        #expect(list[1].elementCount == 1)
        #expect(try list[0].file.bytes(in: list[0].range) == [4, 5, 6, 7])
    }

    @Test(
        arguments: [
            ("", "x: header: expected an object at byte 0"),
            ("{}x", "x: header: text after the value at byte 2"),
            ("{\"a\":1}", "x: tensor \"a\" has no dtype"),
            ("{\"a\":{\"dtype\":\"F32\"}}", "x: tensor \"a\" has no shape"),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
                "x: tensor \"a\" has no data_offsets"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
                "x: tensor \"a\": bytes 0 to 12 of 8"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}}",
                "x: tensor \"a\": bytes 8 to 4 of 8"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}",
                "x: tensor \"a\": bytes -4 to 0 of 8"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e30]}}",
                "x: tensor \"a\" has no data_offsets"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
                "x: tensor \"a\": bad dimension"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}",
                "x: tensor \"a\": the shape is too large"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}",
                "x: tensor \"a\": F32 of shape [4611686018427387904] in 0 bytes"
            ),
            (
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "x: tensor \"a\": F32 of shape [2] in 4 bytes"
            ),
            (
                """
                {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
                "b":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}
                """, "x: tensor \"b\" overlaps another"
            ),
            (
                """
                {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
                "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
                """, "x: tensor \"a\" occurs twice"
            ),
            ("{\"a", "x: header: unexpected end in a string at byte 3"),
            ("{\"a\":", "x: header: unexpected end at byte 5"),
            ("{\"a\":}", "x: header: expected a value at byte 5"),
            ("{\"a\\", "x: header: unexpected end in a string at byte 4"),
        ])
    func `a header that does not fit is refused`(header: String, expected: String) {
        #expect(message(header) == expected)
    }

    @Test func `lengths that do not fit are refused`() throws {
        for (bytes, expected) in [
            ([], "x: 0 bytes are no safetensors file"),
            ([1, 0, 0], "x: 3 bytes are no safetensors file"),
            ([9, 0, 0, 0, 0, 0, 0, 0, 0x7B], "x: header of 9 bytes in a file of 9"),
            (
                [UInt8](repeating: 255, count: 9),
                "x: header of 18446744073709551615 bytes in a file of 9"
            ),
        ] as [([UInt8], String)] {
            let error = #expect(throws: StoreError.self) { _ = try tensors(bytes) }
            #expect(error?.description == expected)
        }
    }

    @Test func `deep nesting is refused`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(message("{\"a\":\(deep)")?.hasPrefix("x: header: unexpected end") == true)
        let closed = deep + String(repeating: "]", count: 100_000)
        #expect(message("{\"a\":\(closed)}")?.hasSuffix("exceeded max depth") == true)
    }

    @Test func `folders and devices are no files`() {
        for path in ["/dev/zero", "/tmp"] {
            let error = #expect(throws: StoreError.self) {
                _ = try SafetensorsFile.tensors(ofFileAt: path, name: "x")
            }
            #expect(error?.description == "open x: not a regular file")
        }
    }

    /// Every truncation and many damages of a good file are errors or fine, never a crash.
    @Test func `damaged files never crash`() throws {
        let good = TinyCheckpoint.safetensors([
            ("a", "F32", [2, 2], Array(0..<16)), ("b", "BF16", [3], Array(0..<6)),
        ])
        for count in stride(from: 0, to: good.count, by: 5) {
            _ = try? tensors(Array(good.prefix(count)))
        }
        for place in 0..<(good.count - 22) {
            for byte: UInt8 in [0x22, 0x39] {
                var bad = good
                bad[place] = byte
                _ = try? tensors(bad)
            }
        }
    }
}
