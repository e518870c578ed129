import Engine
import Foundation
import GGUF
import TestSupport
import Testing

/// Models with recorded results of the reference implementations.
@Suite(.enabled(if: Golden.isPresent))
struct GoldenTests {
    static let names = ["llama", "mistral", "qwen2", "qwen3"]

    @Test("gives the recorded logits", arguments: names, InstructionSet.available)
    func logits(_ name: String, _ set: InstructionSet) throws {
        let golden = try GoldenModel(name, on: set)
        for (type, tolerance) in [
            (SessionOptions.CacheType.f32, Float(1e-3)), (.f16, 0.05), (.q8_0, 0.3),
        ] {
            var options = SessionOptions()
            options.contextLength = 512
            options.cacheType = type
            options.threads = 2
            let session = try Session(golden.model, options)
            let rows = try session.all(golden.tokens)
            #expect(greatestDifference(rows[0], golden.floats("logits_first")) < tolerance)
            #expect(greatestDifference(rows[1], golden.floats("logits_second")) < tolerance)
            #expect(greatestDifference(rows.last!, golden.floats("logits_last")) < tolerance)
            let margins = golden.floats("argmax_margin")
            for (row, best) in golden.integers("argmax").enumerated()
            where margins[row] > 2 * tolerance {
                #expect(argmax(rows[row]) == best)
            }
        }
    }

    /// The reference reads GELU from a table of half precision, which moves its logits by a hundredth.
    @Test("gives the recorded logits of layers with a window", arguments: InstructionSet.available)
    func windowed(_ set: InstructionSet) throws {
        let golden = try GoldenModel("gemma3", on: set)
        for (type, tolerance) in [
            (SessionOptions.CacheType.f32, Float(2e-2)), (.f16, 0.05), (.q8_0, 0.3),
        ] {
            var options = SessionOptions()
            options.contextLength = 512
            options.cacheType = type
            options.threads = 2
            let rows = try Session(golden.model, options).all(golden.tokens)
            #expect(greatestDifference(rows[0], golden.floats("logits_first")) < tolerance)
            #expect(greatestDifference(rows[1], golden.floats("logits_second")) < tolerance)
            #expect(greatestDifference(rows.last!, golden.floats("logits_last")) < tolerance)
            if type == .f32 {
                let exact = golden.floats("logits_last_transformers")
                #expect(greatestDifference(rows.last!, exact) < 1e-3)
            }
        }
    }

    @Test("continues as recorded", arguments: names + ["gemma3"], InstructionSet.available)
    func greedy(_ name: String, _ set: InstructionSet) throws {
        let golden = try GoldenModel(name, on: set)
        var options = SessionOptions()
        options.contextLength = 512
        options.cacheType = .f32
        options.threads = 2
        let session = try Session(golden.model, options)
        let margins = golden.floats("greedy_margin")
        let sure = margins.firstIndex { $0 < (name == "gemma3" ? 4e-2 : 2e-3) } ?? margins.count
        let tokens = try session.greedy(golden.tokens, count: margins.count)
        #expect(
            tokens.prefix(sure).map { Int($0) } == Array(golden.integers("greedy").prefix(sure)))
        #expect(sure > 4)
    }

    static let quantized = [
        ("quantized-llama", "BF16"), ("quantized-llama", "Q4_0"), ("quantized-llama", "Q4_K_M"),
        ("quantized-llama", "Q8_0"), ("quantized-qwen2", "F16"), ("quantized-qwen2", "Q4_0"),
        ("quantized-qwen2", "Q4_K_M"), ("quantized-qwen2", "Q8_0"),
    ]

    @Test(
        "stays within the noise of quantised activations", arguments: quantized,
        InstructionSet.available)
    func quantizedLogits(_ file: (String, String), _ set: InstructionSet) throws {
        let (name, type) = file
        let golden = try GoldenModel(name, file: type + ".gguf", on: set)
        let expected = golden.expected[type] as! [String: Any]
        var options = SessionOptions()
        options.contextLength = 512
        options.cacheType = .f32
        options.threads = 2
        let rows = try Session(golden.model, options).all(golden.tokens)
        let exact = golden.floats("logits_last_dequantized", in: expected)
        let isFloat = type.hasSuffix("F16")
        let most =
            isFloat ? 2e-3 : 1.5 * (expected["max_abs_diff_kernel_vs_dequantized"] as! Double)
        let mean = isFloat ? 1e-3 : 1.5 * (expected["rms_diff_kernel_vs_dequantized"] as! Double)
        #expect(Double(greatestDifference(rows.last!, exact)) < most)
        #expect(Double(rootMeanSquare(rows.last!, exact)) < mean)
        let first = golden.floats("logits_first_dequantized", in: expected)
        #expect(Double(greatestDifference(rows[0], first)) < max(most, 2e-3))
    }
}
