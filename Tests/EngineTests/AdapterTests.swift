import Engine
import Foundation
import GGUF
import Testing

/// LoRA files over the tiny models: the same logits as those of a model whose matrices hold the
/// products already.
@Suite("Adapters") struct AdapterTests {
    /// A LoRA for chosen matrices of a model.
    struct Lora {
        var model: TinyModel
        var rank = 5
        var alpha: Float = 10
        var seed: UInt64 = 3
        var names = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
        var hasOutput = true

        func tensors() -> TinyModel.Tensors {
            var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
            func random() -> Float {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return Float(state >> 40) / Float(1 << 23) - 1
            }
            var result: TinyModel.Tensors = [:]
            var targets = (0..<model.layers).flatMap { layer in
                names.map { "blk.\(layer).\($0).weight" }
            }
            if hasOutput, !model.isTied { targets.append("output.weight") }
            let shapes = model.tensors()
            for target in targets {
                let (columns, rows) = (
                    shapes[target]!.dimensions[0], shapes[target]!.dimensions[1]
                )
                result[target + ".lora_a"] = (
                    [columns, rank], (0..<rank * columns).map { _ in random() * 0.1 }
                )
                result[target + ".lora_b"] = (
                    [rank, rows], (0..<rank * rows).map { _ in random() * 0.1 }
                )
            }
            return result
        }

        func file(_ change: (inout Metadata, inout TinyModel.Tensors) -> Void = { _, _ in }) throws
            -> GGUFFile
        {
            try model.file { metadata, tensors in
                metadata = Metadata()
                metadata["general.architecture"] = .string(model.architecture)
                metadata["general.type"] = .string("adapter")
                metadata["adapter.type"] = .string("lora")
                metadata["adapter.lora.alpha"] = .float32(alpha)
                tensors = self.tensors()
                change(&metadata, &tensors)
            }
        }

        /// Adds the products to the matrices.
        func merge(into tensors: inout TinyModel.Tensors) {
            let scale = alpha == 0 ? 1 : alpha / Float(rank)
            let own = self.tensors()
            for (name, down) in own where name.hasSuffix(".lora_a") {
                let target = String(name.dropLast(7))
                let up = own[target + ".lora_b"]!.values
                let columns = down.dimensions[0]
                for row in 0..<up.count / rank {
                    for column in 0..<columns {
                        var sum: Float = 0
                        for i in 0..<rank {
                            sum += up[row * rank + i] * down.values[i * columns + column]
                        }
                        tensors[target]!.values[row * columns + column] += scale * sum
                    }
                }
            }
        }
    }

    /// Logits of every position of two prompts that are stepped together, then one token each.
    private static func logits(_ model: Model, _ tiny: TinyModel) throws -> [[Float]] {
        var options = SessionOptions()
        options.contextLength = 128
        options.maxSequences = 2
        options.batchSize = 64
        options.threads = 2
        options.cacheType = .f32
        let session = try Session(model, options)
        let prompts = [tiny.prompt(23), tiny.prompt(7, seed: 4)]
        let sequences = try prompts.map { try session.begin($0).sequence }
        var result: [[Float]] = []
        func step(_ tokens: [[Token]]) throws {
            try session.step(
                zip(sequences, tokens).map { Work(sequence: $0, tokens: $1, logits: .all) })
            for row in 0..<session.logitRows {
                result.append(Array(session.logits(row).prefix(tiny.vocabulary)))
            }
        }
        try step(prompts)
        try step([[3], [5]])
        return result
    }

    private static func distance(_ a: [[Float]], _ b: [[Float]]) -> Float {
        zip(a, b).map { zip($0, $1).map { abs($0 - $1) }.max()! }.max()!
    }

    @Test(
        "An adapter equals merged weights",
        arguments: [TinyModel(), .qwen2, .qwen3, .llama], [Float(10), 0])
    func merged(tiny: TinyModel, alpha: Float) throws {
        let lora = Lora(model: tiny, alpha: alpha)
        let adapted = try Self.logits(Model(tiny.file(), adapters: [lora.file()]), tiny)
        let merged = try Self.logits(
            Model(tiny.file { _, tensors in lora.merge(into: &tensors) }), tiny)
        let plain = try Self.logits(Model(tiny.file()), tiny)
        #expect(adapted.count == 32)
        #expect(Self.distance(adapted, merged) < 1e-3)
        #expect(Self.distance(adapted, plain) > 1e-2)
    }

    @Test("Several adapters add up, also where they touch different matrices")
    func several() throws {
        let tiny = TinyModel()
        let first = Lora(model: tiny, rank: 3, seed: 8)
        let second = Lora(
            model: tiny, rank: 20, alpha: 7, seed: 9, names: ["attn_v", "ffn_up"], hasOutput: false)
        let adapted = try Self.logits(
            Model(tiny.file(), adapters: [first.file(), second.file()]), tiny)
        let merged = try Self.logits(
            Model(
                tiny.file { _, tensors in
                    first.merge(into: &tensors)
                    second.merge(into: &tensors)
                }), tiny)
        #expect(Self.distance(adapted, merged) < 1e-3)
    }

    @Test("Every instruction set computes the same")
    func instructionSets() throws {
        let tiny = TinyModel.qwen3
        let lora = Lora(model: tiny)
        let best = try Self.logits(Model(tiny.file(), adapters: [lora.file()]), tiny)
        let scalar = try Self.logits(
            Model(
                tiny.file(), adapters: [lora.file()],
                instructionSet: #require(InstructionSet(named: "scalar"))),
            tiny)
        #expect(Self.distance(best, scalar) < 1e-3)
    }

    private static func refusal(
        _ change: (inout Metadata, inout TinyModel.Tensors) -> Void
    ) throws -> String? {
        let tiny = TinyModel()
        let file = try Lora(model: tiny).file(change)
        do {
            _ = try Model(tiny.file(), adapters: [file])
            return nil
        } catch let error as EngineError {
            return error.description
        }
    }

    @Test("What does not fit is refused with the tensor and both shapes")
    func shapes() throws {
        let name = "blk.1.attn_k.weight"
        func zeros(_ dimensions: [Int]) -> (dimensions: [Int], values: [Float]) {
            (dimensions, Array(repeating: 0, count: dimensions.reduce(1, *)))
        }
        #expect(
            try Self.refusal { $1[name + ".lora_a"] = zeros([63, 5]) }
                == "adapter tensor \"\(name).lora_a\": [63, 5] does not fit \"\(name)\" of [64, 32]"
        )
        #expect(
            try Self.refusal { $1[name + ".lora_b"] = zeros([5, 64]) }
                == "adapter tensor \"\(name).lora_b\": [5, 64] does not fit \"\(name)\" of [64, 32]"
        )
        #expect(
            try Self.refusal { $1[name + ".lora_b"] = zeros([4, 32]) }
                == "adapter tensor \"\(name).lora_b\": [4, 32] does not fit "
                + "\"\(name).lora_a\" of [64, 5]")
        #expect(
            try Self.refusal { $1[name + ".lora_b"] = nil }
                == "adapter tensor \"\(name).lora_a\" lacks \"\(name).lora_b\"")
        #expect(
            try Self.refusal {
                $1["blk.7.attn_k.weight.lora_a"] = zeros([64, 5]);
                $1["blk.7.attn_k.weight.lora_b"] = zeros([5, 32])
            }
                == "adapter tensor \"blk.7.attn_k.weight.lora_a\": the model has no "
                + "\"blk.7.attn_k.weight\"")
        #expect(
            try Self.refusal {
                $1["token_embd.weight.lora_a"] = zeros([5, 80]);
                $1["token_embd.weight.lora_b"] = zeros([5, 64])
            }
                == "adapter tensor \"token_embd.weight.lora_a\" of [5, 80]: "
                + "\"token_embd.weight\" of [64, 80] takes no adapter")
        #expect(
            try Self.refusal { $1["noise"] = zeros([5]) }
                == "adapter tensor \"noise\": expected a name that ends in .lora_a or .lora_b")
    }

    @Test("Files that are no LoRA for the model are refused")
    func kinds() throws {
        #expect(
            try Self.refusal { metadata, _ in metadata["general.type"] = nil }
                == "general.type: expected \"adapter\", found \"\"")
        #expect(
            try Self.refusal { metadata, _ in metadata["adapter.type"] = .string("dora") }
                == "adapter.type: expected \"lora\", found \"dora\"")
        #expect(
            try Self.refusal { metadata, _ in metadata["general.architecture"] = .string("qwen2") }
                == "adapter for architecture \"qwen2\", the model is \"llama\"")
        #expect(
            try Self.refusal { metadata, _ in metadata["adapter.lora.alpha"] = .float32(.nan) }
                == "adapter.lora.alpha: nan is no factor")
    }
}
