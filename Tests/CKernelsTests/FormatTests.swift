import CKernels
import Foundation
import TestSupport
import Testing

/// What the reference made of 8 rows of 512 numbers.
private struct Sample: Decodable {
    struct Entry: Decodable {
        let type_id: UInt32
        let row_bytes: Int
        let rmse_per_row: [Double]
        let matvec_exact: [Double]
    }
    let types: [String: Entry]

    static func read() throws -> Sample {
        try JSONDecoder().decode(
            Sample.self, from: Data(contentsOf: Golden.url("quants/meta.json")))
    }
    static func floats(_ name: String) throws -> [Float] {
        try Golden.data("quants/\(name)").withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }
    /// The one tensor of a file, which stands at its end.
    static func blocks(_ format: Format) throws -> [UInt8] {
        try Golden.data("quants/\(format.name).gguf").suffix(format.bytes(4096))
    }
}

private let stored = Format.all.filter { $0.name != "F32" }
private let exactWriters = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]

@Suite(.computeThreads) struct FormatTests {
    @Test func `formats are found by their number in files`() {
        for format in Format.all {
            #expect(ck_format_of_type(format.c.ggml_type) == format.pointer)
        }
        #expect(ck_format_of_type(999) == nil)
        #expect(ck_format_at(ck_format_count) == nil)
    }

    @Test(.enabled(if: Golden.isPresent), arguments: stored)
    func `values are the reference's, bit for bit`(format: Format) throws {
        let meta = try #require(try Sample.read().types[format.name])
        #expect(meta.type_id == format.c.ggml_type)
        #expect(meta.row_bytes == format.bytes(512))
        let values = format.dequantize(try Sample.blocks(format), 4096)
        let expected = try Sample.floats("\(format.name).expected.f32")
        #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(.enabled(if: Golden.isPresent), arguments: stored)
    func `written blocks are the reference's or nearly as good`(format: Format) throws {
        let original = try Sample.floats("original.f32")
        let blocks = format.quantize(original)
        if exactWriters.contains(format.name) {
            #expect(blocks == (try Sample.blocks(format)))
        }
        let meta = try #require(try Sample.read().types[format.name])
        let values = format.dequantize(blocks, 4096)
        for row in 0..<8 {
            let squares = (row * 512..<row * 512 + 512).map {
                pow(Double(values[$0]) - Double(original[$0]), 2)
            }
            let error = (squares.reduce(0, +) / 512).squareRoot()
            #expect(error <= meta.rmse_per_row[row] * 1.01 + 1e-12, "row \(row)")
        }
    }

    @Test(.enabled(if: Golden.isPresent), arguments: ISA.available)
    func `products with the reference's weights are its products`(isa: ISA) throws {
        let vector = try Sample.floats("vector.f32")
        for format in stored {
            guard ck_format_matmul(format.pointer, isa.value) != nil else { continue }
            var product = Product(format, rows: 8, cols: 512, tokens: 1)
            product.weights = try Sample.blocks(format)
            product.x = vector
            let exact = try #require(try Sample.read().types[format.name]).matvec_exact.map(
                Float.init)
            let greatest = exact.map(abs).max()!
            let limit: Float = format.c.activation == CK_ACT_F32 ? 1e-5 : 0.02
            #expect(distance(product.run(isa), exact) < limit * greatest, "\(format.name)")
        }
    }

    @Test(arguments: Format.all)
    func `numbers survive being written and read`(format: Format) {
        var numbers = Numbers(seed: 3)
        let x = numbers.array(1024)
        let y = format.dequantize(format.quantize(x), 1024)
        let steps: [String: Float] = [
            "F32": 0, "F16": 0.0006, "BF16": 0.004, "Q8_0": 0.005, "Q6_K": 0.04, "Q5_0": 0.07,
            "Q5_1": 0.04, "Q5_K": 0.05, "Q4_0": 0.13, "Q4_1": 0.08, "Q4_K": 0.1,
        ]
        #expect(distance(x, y) <= steps[format.name] ?? 0.3)
    }

    @Test(arguments: Format.all)
    func `zeros stay zeros`(format: Format) {
        let zeros = [Float](repeating: 0, count: 512)
        #expect(format.dequantize(format.quantize(zeros), 512) == zeros)
    }

    @Test func `bfloat16 rounds to the nearest and keeps what is not a number`() {
        let format = Format.named("BF16")
        let x: [Float] = [1, 1.00390625, 1.01171875, .infinity, -.infinity, 3.4e38, .nan]
        let y = format.dequantize(format.quantize(x), x.count)
        #expect(Array(y.prefix(5)) == [1, 1, 1.015625, .infinity, -.infinity])
        #expect(y[5] == .infinity)
        #expect(y[6].isNaN)
    }
}
