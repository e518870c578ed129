import Engine
import Foundation
import GGUF

/// A random-weight decoder made from a seed, and its forward pass written the plain way.
struct TinyModel {
    var architecture = "llama"
    var width = 64
    var layers = 2
    var heads = 4
    var kvHeads = 2
    var headDimension = 16
    var inner = 96
    var vocabulary = 80
    var isTied = false
    var hasBias = false
    var hasHeadNorms = false
    var ropeDivisors = false
    /// Positions that queries of even layers see; 0: all, and no layer is one of Gemma's.
    var window = 0
    var pooling: UInt32?
    var seed: UInt64 = 1

    static let qwen2 = TinyModel(architecture: "qwen2", isTied: true, hasBias: true)
    static let qwen3 = TinyModel(architecture: "qwen3", headDimension: 24, hasHeadNorms: true)
    static let gemma3 = TinyModel(
        architecture: "gemma3", headDimension: 24, isTied: true, hasHeadNorms: true, window: 16)
    static let llama = TinyModel(kvHeads: 1, headDimension: 20, ropeDivisors: true)

    typealias Tensors = [String: (dimensions: [Int], values: [Float])]

    func tensors() -> Tensors {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func random() -> Float {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(state >> 40) / Float(1 << 23) - 1
        }
        var result: Tensors = [:]
        func matrix(_ name: String, _ rows: Int, _ columns: Int) {
            let scale = (3 / Float(columns)).squareRoot()
            result[name] = ([columns, rows], (0..<rows * columns).map { _ in random() * scale })
        }
        func vector(_ name: String, _ count: Int, around mean: Float) {
            result[name] = ([count], (0..<count).map { _ in mean + random() * 0.3 })
        }
        let (q, k) = (heads * headDimension, kvHeads * headDimension)
        matrix("token_embd.weight", vocabulary, width)
        if !isTied { matrix("output.weight", vocabulary, width) }
        vector("output_norm.weight", width, around: 2)
        if ropeDivisors { vector("rope_freqs.weight", headDimension / 2, around: 2) }
        for layer in 0..<layers {
            let name = "blk.\(layer)."
            vector(name + "attn_norm.weight", width, around: 1)
            vector(name + "ffn_norm.weight", width, around: 1)
            if window > 0 {
                vector(name + "post_attention_norm.weight", width, around: 0.5)
                vector(name + "post_ffw_norm.weight", width, around: 0.5)
            }
            matrix(name + "attn_q.weight", q, width)
            matrix(name + "attn_k.weight", k, width)
            matrix(name + "attn_v.weight", k, width)
            matrix(name + "attn_output.weight", width, q)
            matrix(name + "ffn_gate.weight", inner, width)
            matrix(name + "ffn_up.weight", inner, width)
            matrix(name + "ffn_down.weight", width, inner)
            if hasBias {
                vector(name + "attn_q.bias", q, around: 0)
                vector(name + "attn_k.bias", k, around: 0)
                vector(name + "attn_v.bias", k, around: 0)
            }
            if hasHeadNorms {
                vector(name + "attn_q_norm.weight", headDimension, around: 1)
                vector(name + "attn_k_norm.weight", headDimension, around: 1)
            }
        }
        return result
    }

    func metadata() -> Metadata {
        var metadata = Metadata()
        metadata["general.architecture"] = .string(architecture)
        func set(_ key: String, _ value: MetadataValue) {
            metadata["\(architecture).\(key)"] = value
        }
        set("context_length", .uint32(256))
        set("embedding_length", .uint32(UInt32(width)))
        set("block_count", .uint32(UInt32(layers)))
        set("feed_forward_length", .uint32(UInt32(inner)))
        set("attention.head_count", .uint32(UInt32(heads)))
        set("attention.head_count_kv", .uint32(UInt32(kvHeads)))
        set("attention.key_length", .uint32(UInt32(headDimension)))
        set("attention.layer_norm_rms_epsilon", .float32(1e-5))
        set("rope.freq_base", .float32(10_000))
        if window > 0 {
            set("attention.sliding_window", .uint32(UInt32(window)))
            set("attention.sliding_window_pattern", .uint32(2))
            set("rope.freq_base_swa", .float32(100))
            set("rope.scaling.type", .string("linear"))
            set("rope.scaling.factor", .float32(4))
        }
        if let pooling { set("pooling_type", .uint32(pooling)) }
        return metadata
    }

    /// The model as a file that is gone once it is mapped.
    ///
    /// - Parameter weights: what a matrix of this name is packed as; nil: F32.
    func file(
        _ change: (inout Metadata, inout Tensors) -> Void = { _, _ in },
        weights: (_ name: String) -> TensorType? = { _ in nil }
    ) throws -> GGUFFile {
        var metadata = metadata()
        var tensors = tensors()
        change(&metadata, &tensors)
        var writer = GGUFWriter()
        writer.metadata = metadata
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            if tensor.dimensions.count == 2, let type = weights(name) {
                let packed = QuantFormat(type)!.quantize(tensor.values)!
                writer.add(name, dimensions: tensor.dimensions, type: type) { packed }
                continue
            }
            writer.add(name, dimensions: tensor.dimensions, type: .f32) {
                tensor.values.withUnsafeBytes { Array($0) }
            }
        }
        let path = FileManager.default.temporaryDirectory
            .appending(path: "tiny-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path)
        return try GGUFFile(path: path)
    }

    func model(_ set: InstructionSet = .best) throws -> Model {
        try Model(file(), instructionSet: set)
    }

    func prompt(_ count: Int, seed: Int = 7) -> [Token] {
        (0..<count).map { Token(($0 * $0 * 31 + $0 * 17 + seed * 13) % vocabulary) }
    }

    // MARK: The oracle

    /// Logits of every position.
    func logits(_ tokens: [Token]) -> [[Float]] {
        let tensors = tensors()
        let head = isTied ? "token_embd" : "output"
        return hidden(tokens).map { multiply(tensors, head, $0) }
    }

    /// Final hidden states after the last norm.
    func hidden(_ tokens: [Token]) -> [[Float]] {
        let tensors = tensors()
        func values(_ name: String) -> [Float] { tensors[name]!.values }
        let table = values("token_embd.weight")
        let factor = window > 0 ? Float(width).squareRoot() : 1
        var states = tokens.map { token in
            table[Int(token) * width..<(Int(token) + 1) * width].map { $0 * factor }
        }
        for layer in 0..<layers {
            let isLocal = window > 0 && layer % 2 == 0
            let name = "blk.\(layer)."
            var (queries, keys, vals): ([[Float]], [[Float]], [[Float]]) = ([], [], [])
            for (position, state) in states.enumerated() {
                let x = norm(state[...], values(name + "attn_norm.weight"))
                queries.append(
                    turn(
                        multiply(tensors, name + "attn_q", x), name + "attn_q_norm", tensors,
                        position, isLocal))
                keys.append(
                    turn(
                        multiply(tensors, name + "attn_k", x), name + "attn_k_norm", tensors,
                        position, isLocal))
                vals.append(multiply(tensors, name + "attn_v", x))
            }
            for position in states.indices {
                let start = isLocal ? max(0, position + 1 - window) : 0
                var mixed = [Float](repeating: 0, count: heads * headDimension)
                for head in 0..<heads {
                    let shared = head / (heads / kvHeads) * headDimension
                    let own = head * headDimension
                    let query = Array(queries[position][own..<own + headDimension])
                    let scores = (start...position).map { other in
                        var sum: Float = 0
                        let key = keys[other]
                        var i = 0
                        while i < headDimension {
                            sum += query[i] * key[shared + i]
                            i += 1
                        }
                        return sum / Float(headDimension).squareRoot()
                    }
                    let best = scores.max()!
                    let weights = scores.map { exp($0 - best) }
                    let total = weights.reduce(0, +)
                    for (index, weight) in weights.enumerated() {
                        let value = vals[start + index]
                        var i = 0
                        while i < headDimension {
                            mixed[own + i] += weight / total * value[shared + i]
                            i += 1
                        }
                    }
                }
                var output = multiply(tensors, name + "attn_output", mixed)
                if window > 0 {
                    output = norm(output[...], values(name + "post_attention_norm.weight"))
                }
                states[position] = add(states[position], output)
                let x = norm(states[position][...], values(name + "ffn_norm.weight"))
                let gate = multiply(tensors, name + "ffn_gate", x)
                let up = multiply(tensors, name + "ffn_up", x)
                let gated = zip(gate, up).map { unit($0) * $1 }
                output = multiply(tensors, name + "ffn_down", gated)
                if window > 0 { output = norm(output[...], values(name + "post_ffw_norm.weight")) }
                states[position] = add(states[position], output)
            }
        }
        return states.map { norm($0[...], values("output_norm.weight")) }
    }

    /// SiLU, or GELU by its approximation with tanh.
    private func unit(_ x: Float) -> Float {
        guard window > 0 else { return x / (1 + exp(-x)) }
        return x / 2 * (1 + tanh((2 / Float.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }

    private func add(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 + $1 } }

    private func norm(_ x: ArraySlice<Float>, _ weight: [Float]) -> [Float] {
        let mean = x.reduce(Float(0)) { $0 + $1 * $1 } / Float(x.count)
        return zip(x, weight).map { $0 / (mean + 1e-5).squareRoot() * $1 }
    }

    private func multiply(_ tensors: Tensors, _ name: String, _ x: [Float]) -> [Float] {
        let weights = tensors[name + ".weight"]!.values
        let bias = tensors[name + ".bias"]?.values
        // Pointers and plain loops: this runs in debug builds.
        var result = [Float](repeating: 0, count: weights.count / x.count)
        weights.withUnsafeBufferPointer { weights in
            x.withUnsafeBufferPointer { x in
                var place = 0
                var row = 0
                while row < result.count {
                    var sum = bias?[row] ?? 0
                    var column = 0
                    while column < x.count {
                        sum += weights[place] * x[column]
                        place += 1
                        column += 1
                    }
                    result[row] = sum
                    row += 1
                }
            }
        }
        return result
    }

    private func turn(
        _ x: [Float], _ normName: String, _ tensors: Tensors, _ position: Int, _ isLocal: Bool
    ) -> [Float] {
        var result: [Float] = []
        let base: Double = isLocal ? 100 : 10_000
        let stretch: Double = window > 0 && !isLocal ? 4 : 1
        let divisors = tensors["rope_freqs.weight"]?.values
        let half = headDimension / 2
        for start in stride(from: 0, to: x.count, by: headDimension) {
            var head = Array(x[start..<start + headDimension])
            if let weight = tensors[normName + ".weight"]?.values { head = norm(head[...], weight) }
            for pair in 0..<half {
                let frequency =
                    pow(base, -2 * Double(pair) / Double(headDimension)) / stretch
                    / Double(divisors?[pair] ?? 1)
                let angle = Double(position) * frequency
                let (a, b) =
                    architecture == "llama" ? (2 * pair, 2 * pair + 1) : (pair, pair + half)
                let (u, v) = (head[a], head[b])
                head[a] = u * Float(cos(angle)) - v * Float(sin(angle))
                head[b] = u * Float(sin(angle)) + v * Float(cos(angle))
            }
            result += head
        }
        return result
    }
}
