import Engine
import GGUF
import Testing

/// Taking tokens back, and steps of several rows.
@Suite struct CutTests {
    func session(_ model: Model, sequences: Int = 4) throws -> Session {
        var options = SessionOptions()
        options.contextLength = 256
        options.batchSize = 128
        options.maxSequences = sequences
        options.threads = 2
        return try Session(model, options)
    }

    @Test(
        "a cut sequence goes on as if the rest had never been", arguments: [1, 31, 32, 33, 64, 69])
    func cut(_ length: Int) throws {
        let tiny = TinyModel.qwen2
        let model = try tiny.model()
        let tokens = tiny.prompt(70)
        let session = try session(model)
        let (sequence, _) = try session.begin([1])
        try session.step([Work(sequence: sequence, tokens: tokens, logits: .none)])
        let bytes = session.cacheBytes
        try session.cut(sequence, to: length)
        #expect(session.tokens(of: sequence) == Array(tokens[..<length]))
        #expect(session.cacheBytes <= bytes)
        #expect(session.cacheBytes == bytes / 3 * ((length + 31) / 32))
        let next = tiny.prompt(40, seed: 3)
        try session.step([Work(sequence: sequence, tokens: next, logits: .last)])
        let expected = try self.session(model).all(Array(tokens[..<length]) + next).last!
        #expect(greatestDifference(session.row(0), expected) < 1e-4)
        // What was cut off is found by nobody, what came instead is.
        session.end(sequence)
        #expect(try session.begin(tokens).reused == length)
    }

    @Test("pages that others go through stay whole", arguments: [20, 40, 64])
    func shared(_ length: Int) throws {
        let tiny = TinyModel.llama
        let model = try tiny.model()
        let tokens = tiny.prompt(70)
        let session = try session(model)
        let (one, _) = try session.begin(tokens)
        try session.step([Work(sequence: one, tokens: tokens, logits: .none)])
        let (two, reused) = try session.begin(tokens + [1])
        #expect(reused == 70)
        try session.cut(one, to: length)
        try session.step([Work(sequence: one, tokens: [5, 6], logits: .last)])
        let other = try self.session(model).all(Array(tokens[..<length]) + [5, 6]).last!
        #expect(greatestDifference(session.row(0), other) < 1e-4)
        try session.step([Work(sequence: two, tokens: [1], logits: .last)])
        let whole = try self.session(model).all(tokens + [1]).last!
        #expect(greatestDifference(session.row(0), whole) < 1e-4)
        session.end(one)
        session.end(two)
        #expect(try session.begin(tokens).reused == 69)
    }

    @Test("refuses what is not there")
    func refusals() throws {
        let tiny = TinyModel.llama
        let session = try session(tiny.model())
        let (sequence, _) = try session.begin([1, 2])
        try session.step([Work(sequence: sequence, tokens: [1, 2], logits: .none)])
        #expect(throws: EngineError.self) { try session.cut(sequence, to: 3) }
        #expect(throws: EngineError.self) { try session.cut(sequence, to: -1) }
        #expect(throws: EngineError.self) { try session.cut(SequenceID(rawValue: 99), to: 0) }
        try session.cut(sequence, to: 2)
        try session.cut(sequence, to: 0)
        #expect(session.length(of: sequence) == 0)
    }

    @Test("the last rows of a piece of work")
    func suffix() throws {
        let tiny = TinyModel.llama
        let model = try tiny.model()
        let tokens = tiny.prompt(10)
        let all = try session(model).all(tokens)
        let session = try session(model)
        let (sequence, _) = try session.begin(tokens)
        try session.step([Work(sequence: sequence, tokens: tokens, logits: .suffix(3))])
        #expect(session.logitRows == 3)
        for row in 0..<3 { #expect(session.row(row) == all[7 + row]) }
        #expect(Work.Logits.suffix(9) != .suffix(8))
    }

    @Test(
        "rows of a small step are the same bit for bit however many there are",
        arguments: InstructionSet.available, [nil, TensorType.q8_0, .q4_0, .f16])
    func exactRows(_ set: InstructionSet, _ type: TensorType?) throws {
        let tiny = TinyModel.qwen2
        let model = try Model(tiny.file(weights: { _ in type }), instructionSet: set)
        let prompt = tiny.prompt(40)
        let tokens = tiny.prompt(Session.exactRows, seed: 9)
        var expected: [[Float]] = []
        for count in [1, 2, 3, 5, Session.exactRows] {
            let session = try session(model)
            let (sequence, _) = try session.begin(prompt)
            try session.step([Work(sequence: sequence, tokens: prompt, logits: .none)])
            var rows: [[Float]] = []
            var first = 0
            while first < tokens.count {
                let some = Array(tokens[first..<min(tokens.count, first + count)])
                try session.step([Work(sequence: sequence, tokens: some, logits: .all)])
                for row in some.indices { rows.append(session.row(row)) }
                first += count
            }
            if count == 1 { expected = rows } else { #expect(rows == expected, "\(count)") }
        }
    }
}
