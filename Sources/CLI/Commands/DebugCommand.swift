import API
import ArgumentParser
import Engine
import FoundationEssentials
import GGUF
import ModelStore
import Prompting
import Tokenization

/// `debug`: looks at single parts of the engine, for tests and bug reports.
///
/// Formats are stable.
struct DebugCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Inspect single parts of the engine",
        discussion: """
            Inspect single parts of the engine. Input is JSON on stdin, output JSON on stdout.

            Actions:
              tokenize MODEL            ["text", ...] to [[id, ...], ...]
              detokenize MODEL          [[id, ...], ...] to ["text", ...]
              logits MODEL              {"tokens": [id, ...]} to {"argmax": [id per position],
                                        "last": [logits of the last position]}
              greedy MODEL              {"tokens": [id, ...], "n": 24} to {"tokens": [id, ...]};
                                        tokens that end generation do not stop it
              embed MODEL               {"tokens": [id, ...]} to {"embedding": [...]}, pooled as
                                        the model says and of length 1
              dequantize MODEL TENSOR   the tensor's values as little-endian float32 on stdout
              grammar                   {"schema": {...} or "gbnf": "...", "inputs": ["text", ...]} to
                                        [whether each text belongs to it, ...]
              render                    a template case to the text it renders, without JSON
            """)

    @Option(help: .string("A LoRA file to apply besides the model's own"), completion: .file())
    var adapter: [String] = []
    @Flag(help: "Add the tokens that the model expects around text") var addSpecial = false
    @Option(help: .string("Type of cache elements: f32 or f16"), completion: .list(["f32", "f16"]))
    var cache = "f32"
    @Flag(help: "Read special tokens in the text") var parseSpecial = false
    @Option(name: .shortAndLong, help: .int("Threads (default: all CPUs)")) var threads: Int?
    @Argument(
        help: .operand("ACTION", "What to do"), completion: .list(Self.operandCounts.keys.sorted()))
    var action: String
    @Argument(
        help: .operand("FILE.gguf|MODEL", "A file or a model of the store"), completion: .models)
    var operands: [String] = []

    /// The actions and how many operands each takes.
    private static let operandCounts = [
        "tokenize": 1, "detokenize": 1, "logits": 1, "greedy": 1, "embed": 1,
        "dequantize": 2, "grammar": 0, "render": 0,
    ]

    func run() async throws {
        guard let expected = Self.operandCounts[action] else {
            throw CommandError("unknown action \(GoQuote.quoted(action))")
        }
        guard operands.count == expected else {
            throw CommandError("\(action) accepts \(expected) arg(s), received \(operands.count)")
        }
        if action == "render" { return try render() }
        if action == "grammar" { return try grammar() }
        let files = try LocalModel.files(operands[0])
        let file = try files.weights.open()
        let adapters = try (files.adapters + adapter).map { try GGUFFile(path: $0) }
        switch action {
        case "tokenize": try tokenize(file)
        case "detokenize": try detokenize(file)
        case "logits": try logits(file, adapters)
        case "greedy": try greedy(file, adapters)
        case "embed": try embed(file, adapters)
        default: try dequantize(file, operands[1])
        }
    }

    private func grammar() throws {
        let verdicts = try GrammarCase.run(Console.readInput())
        Console.out(JSONValue.array(verdicts.map { .bool($0) }).serialized + "\n")
    }

    private func input() throws -> JSONValue {
        do {
            return try JSONValue(parsing: Console.readInput())
        } catch {
            throw CommandError("stdin: \(error)")
        }
    }

    private func tokenize(_ file: GGUFFile) throws {
        let tokenizer = try Tokenizer(file.metadata)
        guard let texts = try input().array else {
            throw CommandError("stdin: expected an array of strings")
        }
        let lists = try texts.map { value -> JSONValue in
            guard let text = value.string else {
                throw CommandError("stdin: expected a string, found \(value.kind)")
            }
            let tokens = tokenizer.encode(
                text, addSpecial: addSpecial,
                parseSpecial: parseSpecial)
            return .array(tokens.map { .number(JSONNumber($0)) })
        }
        Console.out(JSONValue.array(lists).serialized + "\n")
    }

    private func detokenize(_ file: GGUFFile) throws {
        let tokenizer = try Tokenizer(file.metadata)
        guard let lists = try input().array else {
            throw CommandError("stdin: expected an array of arrays of ids")
        }
        let texts = try lists.map {
            JSONValue.string(tokenizer.decode(try tokens($0), special: true))
        }
        Console.out(JSONValue.array(texts).serialized + "\n")
    }

    /// Ids of a JSON array.
    private func tokens(_ value: JSONValue?) throws -> [Int32] {
        guard let values = value?.array else {
            throw CommandError("stdin: expected an array of ids")
        }
        return try values.map { value in
            guard let id = value.integer.flatMap(Int32.init(exactly:)) else {
                throw CommandError("stdin: \(value.serialized) is no token id")
            }
            return id
        }
    }

    private func session(
        _ file: GGUFFile, _ adapters: [GGUFFile], length: Int
    ) throws -> (Model, Session) {
        var options = SessionOptions()
        options.contextLength = length
        // An encoder takes a text in one step.
        options.batchSize = max(options.batchSize, min(length, 1 << 16))
        options.maxSequences = 1
        options.threads = threads ?? 0
        switch cache {
        case "f32": options.cacheType = .f32
        case "f16": options.cacheType = .f16
        case let other:
            throw CommandError("--cache must be f32 or f16, not \(GoQuote.quoted(other))")
        }
        let model = try Model(file, adapters: adapters)
        return (model, try Session(model, options))
    }

    private func logits(_ file: GGUFFile, _ adapters: [GGUFFile]) throws {
        let prompt = try tokens(try input()["tokens"])
        guard !prompt.isEmpty else { throw CommandError("stdin: tokens is empty") }
        let (model, session) = try session(file, adapters, length: prompt.count)
        let (sequence, reused) = try session.begin(prompt)
        var argmax: [JSONValue] = []
        var last: [JSONValue] = []
        var rest = prompt[reused...]
        while !rest.isEmpty {
            let chunk = rest.prefix(SessionOptions().batchSize)
            rest = rest.dropFirst(chunk.count)
            try session.step([Work(sequence: sequence, tokens: Array(chunk), logits: .all)])
            for row in 0..<session.logitRows {
                argmax.append(.number(JSONNumber(Self.argmax(session.logits(row)))))
            }
            if rest.isEmpty {
                last = session.logits(session.logitRows - 1).prefix(model.vocabularySize).map {
                    .number(JSONNumber($0))
                }
            }
        }
        Console.out(
            JSONValue.object(["argmax": .array(argmax), "last": .array(last)]).serialized + "\n")
    }

    private func greedy(_ file: GGUFFile, _ adapters: [GGUFFile]) throws {
        let request = try input()
        let prompt = try tokens(request["tokens"])
        let count = request["n"]?.integer ?? 24
        guard !prompt.isEmpty, (0...1_000_000).contains(count) else {
            throw CommandError("stdin: expected tokens and n between 0 and 1000000")
        }
        let (_, session) = try session(file, adapters, length: prompt.count + count)
        let (sequence, reused) = try session.begin(prompt)
        var generated: [JSONValue] = []
        var rest = prompt[reused...]
        while generated.count < count {
            let chunk = Array(rest.prefix(SessionOptions().batchSize))
            rest = rest.dropFirst(chunk.count)
            try session.step([
                Work(sequence: sequence, tokens: chunk, logits: rest.isEmpty ? .last : .none)
            ])
            guard rest.isEmpty else { continue }
            let token = Self.argmax(session.logits(0))
            generated.append(.number(JSONNumber(token)))
            rest = [token]
        }
        Console.out(JSONValue.object(["tokens": .array(generated)]).serialized + "\n")
    }

    private func embed(_ file: GGUFFile, _ adapters: [GGUFFile]) throws {
        let prompt = try tokens(try input()["tokens"])
        guard !prompt.isEmpty else { throw CommandError("stdin: tokens is empty") }
        let (_, session) = try session(file, adapters, length: prompt.count)
        let vector = try session.embed(prompt)
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scaled = vector.map { value -> JSONValue in
            .number(JSONNumber(Float(Double(value) / max(length, 1e-12))))
        }
        Console.out(JSONValue.object(["embedding": .array(scaled)]).serialized + "\n")
    }

    /// Index of the greatest value; the first of equal ones.
    static func argmax(_ logits: some Collection<Float>) -> Int32 {
        var best = 0
        var greatest = -Float.infinity
        for (index, value) in logits.enumerated() where value > greatest {
            best = index
            greatest = value
        }
        return Int32(best)
    }

    private func dequantize(_ file: GGUFFile, _ name: String) throws {
        guard let tensor = file.tensor(name) else {
            throw CommandError("no tensor \(GoQuote.quoted(name))")
        }
        let values = try QuantFormat.dequantize(file, tensor).map(\.bitPattern.littleEndian)
        values.withUnsafeBytes { Console.out($0) }
    }

    private func render() throws {
        guard let object = try input().object else {
            throw CommandError("stdin: expected an object")
        }
        Console.out(try TemplateCase.render(object))
    }
}
