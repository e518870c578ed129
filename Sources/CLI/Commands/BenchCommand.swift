import API
import ArgumentParser
import Engine
import FoundationEssentials
import GGUF
import ModelStore
import Quantization

/// `bench`: how fast this machine runs a model, measured without a server.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the speed of a model on this machine",
        discussion: """
            Measure the speed of a model on this machine.

            Times reading a prompt (prefill) and generating tokens (decode) without a server, after
            one warm-up, and compares decoding with the speed at which memory can be read. With
            --shape the weights are random, so that no model is needed; --save writes them to a file,
            with a vocabulary, for measurements through servers. With --grammar the grammars of a file
            are measured instead: what finding the allowed tokens costs at each step.
            """)

    @Flag(help: "Random weights whose answers repeat a text of the prompt with small changes")
    var copying = false
    @Flag(help: "Print one JSON object instead of a table") var json = false
    @Option(name: [.long, .customShort("n")], help: .int("Tokens to generate")) var generate = 64
    @Option(help: .string("File of grammars with texts to measure masks over"), completion: .file())
    var grammar: [String] = []
    @Option(help: .int("Sequences that are decoded together")) var parallel = 1
    @Option(name: .shortAndLong, help: .int("Tokens of the prompt")) var prompt = 512
    @Option(help: .string("Format of random weights, as create takes it")) var quant = "Q8_0"
    @Option(name: .shortAndLong, help: .int("Repetitions")) var `repeat` = 5
    @Option(
        help: .string("Write the random weights to this file and measure nothing"),
        completion: .file())
    var save: String?
    @Option(
        help: .string(
            "Random weights of this shape: " + RandomModel.shapes.joined(separator: ", ")),
        completion: .list(RandomModel.shapes))
    var shape: String?
    @Option(name: .shortAndLong, help: .int("Threads (default: all CPUs)")) var threads: Int?
    @Argument(
        help: .operand("FILE.gguf|MODEL", "A file or a model of the store"), completion: .models)
    var model: String?

    func run() async throws {
        var benchmark = Benchmark()
        benchmark.promptTokens = try Self.positive(prompt, "prompt")
        benchmark.generatedTokens = try Self.positive(generate, "generate")
        benchmark.repetitions = try Self.positive(`repeat`, "repeat")
        benchmark.parallel = try Self.positive(parallel, "parallel")
        benchmark.threads = try threads.map { try Self.positive($0, "threads") } ?? 0

        if let save, !save.isEmpty {
            guard let shape, !shape.isEmpty, model == nil else {
                throw CommandError("--save writes random weights and needs --shape")
            }
            return try RandomModel(shape: shape, copies: copying).write(to: save, recipe())
        }
        let (name, file, adapters) = try weights()
        if !grammar.isEmpty {
            let report = try MaskReport(file, grammar)
            Console.out(json ? report.json.serialized + "\n" : report.text)
            return
        }
        let report = try benchmark.run(name: name, file: file, adapters: adapters) {
            Console.error("\($0)\n")
        }
        Console.out(json ? report.json.serialized + "\n" : report.text)
    }

    private static func positive(_ value: Int, _ name: String) throws -> Int {
        guard (1...1_000_000).contains(value) else {
            throw CommandError("--\(name) must be between 1 and 1000000")
        }
        return value
    }

    /// The formats of random weights.
    private func recipe() throws -> RandomModel.Recipe {
        guard let quantization = Quantization(named: quant) else {
            return try RandomModel.recipe(quant)
        }
        return { (tensors, metadata) throws(GGUFError) in
            try quantization.types(of: tensors, metadata: metadata)
        }
    }

    /// The files to measure: random weights, a path, or the weights of a stored model.
    private func weights() throws -> (name: String, file: GGUFFile, adapters: [GGUFFile]) {
        if let shape, !shape.isEmpty {
            guard model == nil else {
                throw CommandError("--shape takes the place of a model")
            }
            let random = try RandomModel(shape: shape, copies: copying)
            return ("\(shape) \(quant) random", try random.build(recipe()), [])
        }
        guard !copying else { throw CommandError("--copying needs --shape") }
        guard let model else { throw CommandError("accepts 1 arg(s), received 0") }
        let files = try LocalModel.files(model)
        return (
            model, try files.weights.open(), try files.adapters.map { try GGUFFile(path: $0) }
        )
    }
}
