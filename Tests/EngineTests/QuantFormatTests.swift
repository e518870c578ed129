import Engine
import Foundation
import GGUF
import Testing

@Suite struct QuantFormatTests {
    @Test("every format has a name, a geometry and is found by both", arguments: QuantFormat.all)
    func list(_ format: QuantFormat) {
        #expect(QuantFormat(named: format.name) == format)
        #expect(QuantFormat(format.type) == format)
        #expect(format.type.description == format.name)
        #expect(format.type.blockSize == format.blockSize)
        #expect(format.type.blockBytes == format.blockBytes)
    }

    @Test("the list is complete")
    func complete() {
        let known = (0..<64).compactMap { QuantFormat(TensorType(rawValue: $0))?.name }
        #expect(Set(known) == Set(QuantFormat.all.map(\.name)))
        #expect(QuantFormat(named: "Q9_9") == nil)
    }

    @Test("what was packed comes back within the format's step", arguments: QuantFormat.all)
    func roundTrip(_ format: QuantFormat) throws {
        let values = (0..<1024).map { Float(sin(Double($0) * 0.37)) }
        guard format.isWritable else { return }
        let blocks = try #require(format.quantize(values))
        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string("llama")
        writer.add("t", dimensions: [512, 2], type: format.type) { blocks }
        let path = FileManager.default.temporaryDirectory
            .appending(path: "quant-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path)
        let file = try GGUFFile(path: path)
        let tensor = try #require(file.tensor("t"))
        let back = try QuantFormat.dequantize(file, tensor)
        let step: Float =
            switch format.name {
            case "F32": 0
            case "F16", "BF16": 0.004
            case "Q8_0": 0.005
            case "Q6_K": 0.04
            case "Q5_0", "Q5_1", "Q5_K": 0.08
            default: 0.15
            }
        #expect(greatestDifference(back, values) <= step)
    }

    @Test("types that this build does not run are refused by name")
    func unknown() throws {
        var tiny = TinyModel.llama
        tiny.layers = 1
        var writer = GGUFWriter()
        writer.metadata = tiny.metadata()
        let type = try #require(TensorType(named: "Q2_K"))
        for (name, tensor) in tiny.tensors() {
            writer.add(name, dimensions: tensor.dimensions, type: .f32) {
                tensor.values.withUnsafeBytes { Array($0) }
            }
        }
        writer.add("extra", dimensions: [256], type: type) {
            [UInt8](repeating: 0, count: type.blockBytes)
        }
        let path = FileManager.default.temporaryDirectory
            .appending(path: "type-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path)
        let file = try GGUFFile(path: path)
        do {
            _ = try QuantFormat.dequantize(file, try #require(file.tensor("extra")))
            Issue.record("dequantized")
        } catch let error as EngineError {
            #expect(error.code == .unsupportedFormat)
            #expect(error.description == "tensor \"extra\": format Q2_K is not supported")
        }
    }
}
