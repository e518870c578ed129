import Engine
import Foundation
import GGUF
import TestSupport

/// A model of the golden data with what the reference found.
struct GoldenModel {
    let model: Model
    let expected: [String: Any]

    init(_ name: String, file: String = "model.gguf", on set: InstructionSet = .best) throws {
        let path = Golden.url("archs/\(name)/\(file)").path
        model = try Model(GGUFFile(path: path), instructionSet: set)
        let json = try Data(contentsOf: Golden.url("archs/\(name)/expected.json"))
        expected = try JSONSerialization.jsonObject(with: json) as! [String: Any]
    }

    var tokens: [Token] { (expected["tokens"] as! [Int]).map { Token($0) } }

    func floats(_ key: String, in part: [String: Any]? = nil) -> [Float] {
        ((part ?? expected)[key] as! [NSNumber]).map(\.floatValue)
    }

    func integers(_ key: String, in part: [String: Any]? = nil) -> [Int] {
        (part ?? expected)[key] as! [Int]
    }
}

extension Session {
    /// Logits of one row as an array.
    func row(_ index: Int) -> [Float] { Array(logits(index)) }

    /// Evaluates `tokens` in a new sequence and returns the logits of every position.
    func all(_ tokens: [Token]) throws -> [[Float]] {
        let (sequence, _) = try begin([])
        defer { end(sequence) }
        try step([Work(sequence: sequence, tokens: tokens, logits: .all)])
        return (0..<logitRows).map(row)
    }

    /// `count` tokens, always the most likely, after `prompt`.
    func greedy(_ prompt: [Token], count: Int) throws -> [Token] {
        let (sequence, reused) = try begin(prompt)
        defer { end(sequence) }
        var next = Array(prompt[reused...])
        var tokens: [Token] = []
        for _ in 0..<count {
            try step([Work(sequence: sequence, tokens: next, logits: .last)])
            let token = Token(argmax(row(0)))
            tokens.append(token)
            next = [token]
        }
        return tokens
    }
}

func argmax(_ values: [Float]) -> Int {
    values.indices.max { values[$0] < values[$1] }!
}

func greatestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

func rootMeanSquare(_ a: [Float], _ b: [Float]) -> Float {
    (zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(a.count)).squareRoot()
}
