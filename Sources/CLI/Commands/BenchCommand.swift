import API
import Engine
import FoundationEssentials
import GGUF
import ModelStore

/// `bench`: how fast this machine runs a model, measured without a server.
enum BenchCommand: Command {
    static let spec = CommandSpec(
        name: "bench", operands: "[FILE.gguf|MODEL]",
        summary: "Measure the speed of a model on this machine",
        details: """
            Measure the speed of a model on this machine.

            Times reading a prompt (prefill) and generating tokens (decode) without a server, after
            one warm-up, and compares decoding with the speed at which memory can be read. With
            --shape the weights are random, so that no model is needed.
            """,
        arguments: .any,
        flags: [
            FlagSpec("json", nil, .bool, "Print one JSON object instead of a table"),
            FlagSpec("generate", "n", .int, "Tokens to generate", default: "64"),
            FlagSpec("parallel", nil, .int, "Sequences that are decoded together", default: "1"),
            FlagSpec("prompt", "p", .int, "Tokens of the prompt", default: "512"),
            FlagSpec("quant", nil, .string, "Format of random weights", default: "Q8_0"),
            FlagSpec("repeat", "r", .int, "Repetitions", default: "5"),
            FlagSpec(
                "shape", nil, .string,
                "Random weights of this shape: "
                    + RandomModel.shapes.joined(separator: ", ")),
            FlagSpec("threads", "t", .int, "Threads (default: all CPUs)"),
        ],
        group: .own)

    static func run(_ flags: ParsedFlags) async throws {
        var benchmark = Benchmark()
        benchmark.promptTokens = try positive(flags, "prompt")
        benchmark.generatedTokens = try positive(flags, "generate")
        benchmark.repetitions = try positive(flags, "repeat")
        benchmark.parallel = try positive(flags, "parallel")
        benchmark.threads = flags.isSet("threads") ? try positive(flags, "threads") : 0

        let (name, file) = try model(flags)
        let report = try benchmark.run(name: name, file: file) { Console.error("\($0)\n") }
        Console.out(flags.bool("json") ? report.json.serialized + "\n" : report.text)
    }

    private static func positive(_ flags: ParsedFlags, _ name: String) throws -> Int {
        guard let value = flags.int(name), (1...1_000_000).contains(value) else {
            throw CommandError("--\(name) must be between 1 and 1000000")
        }
        return value
    }

    /// The file to measure: random weights, a path, or the weights of a stored model.
    private static func model(_ flags: ParsedFlags) throws -> (name: String, file: GGUFFile) {
        let shape = flags.string("shape")
        if !shape.isEmpty {
            guard flags.arguments.isEmpty else {
                throw CommandError("--shape takes the place of a model")
            }
            let quant = flags.string("quant")
            return ("\(shape) \(quant) random", try RandomModel.build(shape: shape, quant: quant))
        }
        guard flags.arguments.count == 1 else {
            throw CommandError("accepts 1 arg(s), received \(flags.arguments.count)")
        }
        return (flags.arguments[0], try LocalModel.weights(flags.arguments[0]).open())
    }
}
