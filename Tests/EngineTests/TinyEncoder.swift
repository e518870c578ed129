import Engine
import Foundation
import GGUF

/// A random-weight encoder made from a seed, and its forward pass written the plain way.
struct TinyEncoder {
    var architecture = "bert"
    var width = 48
    var layers = 2
    var heads = 3
    var inner = 80
    var vocabulary = 70
    var positions = 64
    var pooling: UInt32? = 1
    /// Queries, keys and values in one matrix.
    var isFused = false
    var type = TensorType.f32
    var seed: UInt64 = 3

    static let bert = TinyEncoder()
    static let nomic = TinyEncoder(architecture: "nomic-bert", isFused: true)

    var isNomic: Bool { architecture == "nomic-bert" }
    var headDimension: Int { width / heads }

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
        func matrix(_ name: String, _ rows: Int, _ columns: Int, hasBias: Bool = false) {
            let scale = (3 / Float(columns)).squareRoot()
            result[name + ".weight"] = (
                [columns, rows], (0..<rows * columns).map { _ in random() * scale }
            )
            if hasBias { result[name + ".bias"] = ([rows], (0..<rows).map { _ in random() * 0.3 }) }
        }
        func norm(_ name: String) {
            result[name + ".weight"] = ([width], (0..<width).map { _ in 1 + random() * 0.3 })
            result[name + ".bias"] = ([width], (0..<width).map { _ in random() * 0.3 })
        }
        matrix("token_embd", vocabulary, width)
        matrix("token_types", 2, width)
        if !isNomic { matrix("position_embd", positions, width) }
        norm("token_embd_norm")
        for layer in 0..<layers {
            let name = "blk.\(layer)."
            if isFused {
                matrix(name + "attn_qkv", 3 * width, width, hasBias: !isNomic)
            } else {
                for part in ["q", "k", "v"] {
                    matrix(name + "attn_\(part)", width, width, hasBias: !isNomic)
                }
            }
            matrix(name + "attn_output", width, width, hasBias: !isNomic)
            norm(name + "attn_output_norm")
            if isNomic { matrix(name + "ffn_gate", inner, width) }
            matrix(name + "ffn_up", inner, width, hasBias: !isNomic)
            matrix(name + "ffn_down", width, inner, hasBias: !isNomic)
            norm(name + "layer_output_norm")
        }
        return result
    }

    func metadata() -> Metadata {
        var metadata = Metadata()
        metadata["general.architecture"] = .string(architecture)
        func set(_ key: String, _ value: MetadataValue) {
            metadata["\(architecture).\(key)"] = value
        }
        set("context_length", .uint32(UInt32(positions)))
        set("embedding_length", .uint32(UInt32(width)))
        set("block_count", .uint32(UInt32(layers)))
        set("feed_forward_length", .uint32(UInt32(inner)))
        set("attention.head_count", .uint32(UInt32(heads)))
        set("attention.layer_norm_epsilon", .float32(1e-6))
        set("attention.causal", .bool(false))
        if isNomic { set("rope.freq_base", .float32(1000)) }
        if let pooling { set("pooling_type", .uint32(pooling)) }
        return metadata
    }

    /// The model as a file that is gone once it is mapped; matrices of `type`.
    func file(
        _ change: (inout Metadata, inout Tensors) -> Void = { _, _ in }
    ) throws -> GGUFFile {
        var metadata = metadata()
        var tensors = tensors()
        change(&metadata, &tensors)
        var writer = GGUFWriter()
        writer.metadata = metadata
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let isMatrix = tensor.dimensions.count == 2
            let format = isMatrix ? QuantFormat(type) : nil
            writer.add(name, dimensions: tensor.dimensions, type: isMatrix ? type : .f32) {
                if let format, type != .f32 { return format.quantize(tensor.values)! }
                return tensor.values.withUnsafeBytes { Array($0) }
            }
        }
        let path = FileManager.default.temporaryDirectory
            .appending(path: "tiny-encoder-\(UUID().uuidString).gguf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path)
        return try GGUFFile(path: path)
    }

    func session(
        _ set: InstructionSet = .best, batch: Int = 64, threads: Int = 2
    ) throws -> Session {
        var options = SessionOptions()
        options.contextLength = 64
        options.batchSize = batch
        options.threads = threads
        return try Session(Model(file(), instructionSet: set), options)
    }

    func prompt(_ count: Int, seed: Int = 7) -> [Token] {
        (0..<count).map { Token(($0 * $0 * 31 + $0 * 17 + seed * 13) % vocabulary) }
    }

    // MARK: The oracle

    /// Final hidden states, in double precision.
    func hidden(_ tokens: [Token]) -> [[Double]] {
        let tensors = tensors()
        func row(_ name: String, _ index: Int) -> [Double] {
            tensors[name]!.values[index * width..<(index + 1) * width].map(Double.init)
        }
        func norm(_ x: [Double], _ name: String) -> [Double] {
            let mean = x.reduce(0, +) / Double(width)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let (w, b) = (tensors[name + ".weight"]!.values, tensors[name + ".bias"]!.values)
            return x.indices.map {
                (x[$0] - mean) / (variance + 1e-6).squareRoot() * Double(w[$0]) + Double(b[$0])
            }
        }
        func multiply(_ name: String, _ x: [Double]) -> [Double] {
            let weights = tensors[name + ".weight"]!.values
            let bias = tensors[name + ".bias"]?.values
            return (0..<weights.count / x.count).map { row in
                // A plain loop: this runs in debug builds.
                var sum = Double(bias?[row] ?? 0)
                var column = 0
                while column < x.count {
                    sum += Double(weights[row * x.count + column]) * x[column]
                    column += 1
                }
                return sum
            }
        }
        func turn(_ x: ArraySlice<Double>, _ position: Int) -> [Double] {
            guard isNomic else { return Array(x) }
            var head = Array(x)
            let half = headDimension / 2
            for pair in 0..<half {
                let angle =
                    Double(position) * pow(1000, -2 * Double(pair) / Double(headDimension))
                let (u, v) = (head[pair], head[pair + half])
                head[pair] = u * cos(angle) - v * sin(angle)
                head[pair + half] = u * sin(angle) + v * cos(angle)
            }
            return head
        }
        func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

        var states = tokens.enumerated().map { position, token in
            var x = sum(row("token_embd.weight", Int(token)), row("token_types.weight", 0))
            if !isNomic { x = sum(x, row("position_embd.weight", position)) }
            return norm(x, "token_embd_norm")
        }
        for layer in 0..<layers {
            let name = "blk.\(layer)."
            let projected = states.map { x -> [[Double]] in
                guard isFused else {
                    return ["q", "k", "v"].map { multiply(name + "attn_" + $0, x) }
                }
                let all = multiply(name + "attn_qkv", x)
                return (0..<3).map { Array(all[$0 * width..<($0 + 1) * width]) }
            }
            for position in states.indices {
                var mixed: [Double] = []
                for head in 0..<heads {
                    let own = head * headDimension..<(head + 1) * headDimension
                    let query = turn(projected[position][0][own], position)
                    let scores = projected.enumerated().map { other, parts in
                        zip(query, turn(parts[1][own], other)).reduce(0) { $0 + $1.0 * $1.1 }
                            / Double(headDimension).squareRoot()
                    }
                    let best = scores.max()!
                    let weights = scores.map { exp($0 - best) }
                    let total = weights.reduce(0, +)
                    for d in own {
                        mixed.append(
                            zip(weights, projected).reduce(0) { $0 + $1.0 * $1.1[2][d] } / total)
                    }
                }
                var x = norm(
                    sum(states[position], multiply(name + "attn_output", mixed)),
                    name + "attn_output_norm")
                var inner = multiply(name + "ffn_up", x)
                if isNomic {
                    let gate = multiply(name + "ffn_gate", x)
                    inner = zip(gate, inner).map { $0 / (1 + exp(-$0)) * $1 }
                } else {
                    let root = (2 / Double.pi).squareRoot()
                    inner = inner.map { $0 / 2 * (1 + tanh(root * ($0 + 0.044715 * $0 * $0 * $0))) }
                }
                x = norm(sum(x, multiply(name + "ffn_down", inner)), name + "layer_output_norm")
                states[position] = x
            }
        }
        return states
    }
}
