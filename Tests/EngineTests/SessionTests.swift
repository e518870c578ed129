import Engine
import GGUF
import Testing

@Suite struct SessionTests {
    static let models = [TinyModel.llama, .qwen2, .qwen3, .gemma3]

    func session(
        _ model: Model, context: Int = 256, batch: Int = 128, sequences: Int = 4, threads: Int = 2,
        cache: SessionOptions.CacheType = .f32
    ) throws -> Session {
        var options = SessionOptions()
        options.contextLength = context
        options.batchSize = batch
        options.maxSequences = sequences
        options.threads = threads
        options.cacheType = cache
        return try Session(model, options)
    }

    @Test(
        "computes what the plain forward pass computes", arguments: 0..<4,
        InstructionSet.available)
    func oracle(_ index: Int, _ set: InstructionSet) throws {
        let tiny = Self.models[index]
        let tokens = tiny.prompt(70)
        let expected = tiny.logits(tokens)
        let rows = try self.session(tiny.model(set)).all(tokens)
        for (row, reference) in zip(rows, expected) {
            #expect(greatestDifference(row, reference) < 1e-3)
        }
        let half = try self.session(tiny.model(set), cache: .f16).all(tokens)
        #expect(greatestDifference(half.last!, expected.last!) < 0.05)
        let bytes = try self.session(tiny.model(set), cache: .q8_0).all(tokens)
        #expect(greatestDifference(bytes.last!, expected.last!) < 0.2)
    }

    /// Their products read the same input in forms of their own.
    @Test(
        "matrices that are multiplied together may be of any formats",
        arguments: InstructionSet.available)
    func mixture(_ set: InstructionSet) throws {
        let formats: [String: TensorType] = [
            "attn_q": QuantFormat.f16.type, "attn_k": QuantFormat.q8_0.type,
            "attn_v": QuantFormat.q4_0.type, "ffn_gate": QuantFormat.q4_0.type,
            "ffn_up": QuantFormat.bf16.type, "ffn_down": QuantFormat.q8_0.type,
        ]
        let tiny = TinyModel.qwen2
        func type(_ name: String) -> TensorType? {
            formats.first { name.contains($0.key + ".weight") }?.value
        }
        let file = try tiny.file(weights: type)
        // The same weights as floats.
        let floats = try tiny.file { _, tensors in
            for name in tensors.keys where type(name) != nil {
                tensors[name]!.values = try! QuantFormat.dequantize(file, file.tensor(name)!)
            }
        }
        let scalar = try #require(InstructionSet(named: "scalar"))
        for count in [1, 8, 11, 40] {
            let tokens = tiny.prompt(count)
            let exact = try session(Model(floats, instructionSet: scalar)).all(tokens)
            func noise(_ set: InstructionSet) throws -> Float {
                let rows = try session(Model(file, instructionSet: set)).all(tokens)
                return rootMeanSquare(rows.flatMap { $0 }, exact.flatMap { $0 })
            }
            let (here, portable) = try (noise(set), noise(scalar))
            #expect(here < 1.5 * portable, "\(count) tokens")
        }
    }

    @Test(
        "a prompt in chunks equals the whole prompt", arguments: [TinyModel.qwen2, .gemma3],
        [1, 5, 32, 33])
    func chunks(_ tiny: TinyModel, _ size: Int) throws {
        let model = try tiny.model()
        let tokens = tiny.prompt(80)
        let whole = try self.session(model).all(tokens)
        let session = try self.session(model)
        let (sequence, reused) = try session.begin(tokens)
        #expect(reused == 0)
        var first = 0
        while first < tokens.count {
            let chunk = Array(tokens[first..<min(tokens.count, first + size)])
            try session.step([Work(sequence: sequence, tokens: chunk, logits: .all)])
            #expect(session.logitRows == chunk.count)
            for row in chunk.indices {
                #expect(greatestDifference(session.row(row), whole[first + row]) < 1e-4)
            }
            first += size
        }
        #expect(session.tokens(of: sequence) == tokens)
        #expect(session.length(of: sequence) == 80)
    }

    @Test("several sequences in one batch equal one by one")
    func batches() throws {
        let tiny = TinyModel.llama
        let model = try tiny.model()
        let prompts = [tiny.prompt(37, seed: 1), tiny.prompt(9, seed: 2), tiny.prompt(41, seed: 3)]
        let alone = try prompts.map { try self.session(model).all($0) }
        let session = try self.session(model)
        let open = try prompts.map { try session.begin($0).sequence }
        // Prompts of different lengths together, then their last tokens.
        try session.step(
            zip(open, prompts).map {
                Work(sequence: $0, tokens: Array($1.dropLast()), logits: .none)
            })
        #expect(session.logitRows == 0)
        try session.step(
            zip(open, prompts).map { Work(sequence: $0, tokens: [$1.last!], logits: .last) })
        #expect(session.logitRows == 3)
        for row in 0..<3 {
            #expect(greatestDifference(session.row(row), alone[row].last!) < 1e-4)
        }
        // A prompt of one sequence beside a token of another.
        try session.step([
            Work(sequence: open[1], tokens: [3], logits: .last),
            Work(sequence: open[0], tokens: [4, 5, 6], logits: .all),
        ])
        #expect(session.logitRows == 4)
        let one = try self.session(model).all(prompts[1] + [3])
        let three = try self.session(model).all(prompts[0] + [4, 5, 6])
        #expect(greatestDifference(session.row(0), one.last!) < 1e-4)
        for row in 0..<3 {
            #expect(greatestDifference(session.row(row + 1), three[37 + row]) < 1e-4)
        }
    }

    @Test("any common beginning is reused to the token", arguments: [1, 20, 32, 40, 64, 69])
    func prefixes(_ common: Int) throws {
        let tiny = TinyModel.qwen3
        let model = try tiny.model()
        let first = tiny.prompt(70)
        var second = first
        for index in common..<70 { second[index] = (first[index] + 1) % Token(tiny.vocabulary) }
        let fresh = try self.session(model).all(second)
        for endsFirst in [true, false] {
            let session = try self.session(model)
            let (one, none) = try session.begin(first)
            #expect(none == 0)
            try session.step([Work(sequence: one, tokens: first, logits: .last)])
            if endsFirst { session.end(one) }
            let (two, reused) = try session.begin(second)
            #expect(reused == common)
            try session.step([Work(sequence: two, tokens: Array(second[reused...]), logits: .last)])
            #expect(greatestDifference(session.row(0), fresh.last!) < 1e-4)
            // The first is untouched.
            let (again, all) = try session.begin(first + [1])
            #expect(all == 70)
            try session.step([Work(sequence: again, tokens: [1], logits: .last)])
            let expected = try self.session(model).all(first + [1])
            #expect(greatestDifference(session.row(0), expected.last!) < 1e-4)
        }
    }

    @Test("at least the last token of a known prompt is evaluated")
    func wholePrompt() throws {
        let tiny = TinyModel.llama
        let session = try self.session(tiny.model())
        let tokens = tiny.prompt(64)
        let (one, _) = try session.begin(tokens)
        try session.step([Work(sequence: one, tokens: tokens, logits: .last)])
        session.end(one)
        #expect(try session.begin(tokens).reused == 63)
    }

    @Test("ended sequences make room, the least recently used first")
    func eviction() throws {
        let tiny = TinyModel.llama
        let session = try self.session(tiny.model(), context: 64, sequences: 2)
        let prompts = (0..<4).map { tiny.prompt(64, seed: $0 + 1) }
        for prompt in prompts {
            let (sequence, _) = try session.begin(prompt)
            try session.step([Work(sequence: sequence, tokens: prompt, logits: .none)])
            session.end(sequence)
        }
        // Room for two: 4 pages.
        let perPage = session.cacheBytes / 4
        #expect(perPage == tiny.layers * 2 * tiny.kvHeads * tiny.headDimension * 32 * 4)
        let (last, reused) = try session.begin(prompts[3])
        #expect(reused == 63)
        session.end(last)
        let (old, none) = try session.begin(prompts[0])
        #expect(none == 0)
        session.end(old)
    }

    @Test(
        "shifted keys equal keys computed in place",
        arguments: [TinyModel.llama, .qwen2, .qwen3, .gemma3])
    func shift(_ tiny: TinyModel) throws {
        // With one layer, keys depend on token and position only: a shift is exact.
        var tiny = tiny
        tiny.layers = 1
        let model = try tiny.model()
        let tokens = tiny.prompt(100)
        for (keep, discard) in [(0, 10), (5, 33), (40, 20), (32, 64), (64, 32), (3, 96)] {
            let session = try self.session(model)
            let (sequence, _) = try session.begin(tokens)
            try session.step([Work(sequence: sequence, tokens: tokens, logits: .none)])
            try session.shift(sequence, keep: keep, discard: discard)
            let left = Array(tokens[..<keep] + tokens[(keep + discard)...])
            #expect(session.tokens(of: sequence) == left)
            try session.step([Work(sequence: sequence, tokens: [1, 2, 3], logits: .last)])
            let expected = tiny.logits(left + [1, 2, 3])
            #expect(greatestDifference(session.row(0), expected.last!) < 1e-3)
            session.end(sequence)
            // Shifted pages serve nobody else.
            let (_, reused) = try session.begin(left)
            let common = zip(left, tokens).prefix { $0 == $1 }.count
            #expect(reused == min(common, left.count - 1))
            // Packed keys are turned as well, and rounded once more.
            let packed = try self.session(model, cache: .q8_0)
            let (other, _) = try packed.begin(tokens)
            try packed.step([Work(sequence: other, tokens: tokens, logits: .none)])
            try packed.shift(other, keep: keep, discard: discard)
            try packed.step([Work(sequence: other, tokens: [1, 2, 3], logits: .last)])
            #expect(greatestDifference(packed.row(0), expected.last!) < 0.2)
        }
    }

    @Test("errors name the value and leave the session as it was")
    func errors() throws {
        let tiny = TinyModel.llama
        let session = try self.session(tiny.model(), context: 40, batch: 16, sequences: 2)
        func code(_ body: () throws -> Void) -> EngineError.Code? {
            do { try body() } catch { return (error as? EngineError)?.code }
            return nil
        }
        let prompt = tiny.prompt(10)
        let (one, _) = try session.begin(prompt)
        try session.step([Work(sequence: one, tokens: prompt, logits: .last)])
        let before = session.row(0)
        let missing = SequenceID(rawValue: 99)
        #expect(
            code { try session.step([Work(sequence: missing, tokens: [1], logits: .last)]) }
                == .unknownSequence)
        for token in [Token(-1), Token(tiny.vocabulary), .max, .min] {
            #expect(
                code { try session.step([Work(sequence: one, tokens: [1, token], logits: .last)]) }
                    == .badToken)
        }
        #expect(
            code {
                try session.step([Work(sequence: one, tokens: tiny.prompt(17), logits: .last)])
            } == .batchExceeded)
        #expect(
            code {
                try session.step(
                    [
                        Work(sequence: one, tokens: tiny.prompt(15), logits: .last),
                        Work(sequence: one, tokens: tiny.prompt(16), logits: .last),
                    ])
            } == .contextExceeded)
        #expect(code { _ = try session.begin(tiny.prompt(41)) } == .contextExceeded)
        #expect(code { try session.shift(one, keep: 5, discard: 6) } == .contextExceeded)
        #expect(code { try session.shift(one, keep: -1, discard: 6) } == .contextExceeded)
        #expect(code { _ = try session.embed([1]) } == .noPooling)
        _ = try session.begin([])
        #expect(code { _ = try session.begin([]) } == .outOfMemory)
        #expect(session.row(0) == before)
        #expect(session.length(of: one) == 10)
        try session.step([Work(sequence: one, tokens: [5], logits: .last)])
        #expect(greatestDifference(session.row(0), tiny.logits(prompt + [5]).last!) < 1e-3)
        // One sequence twice in a batch goes on where it was.
        try session.step([
            Work(sequence: one, tokens: [6], logits: .last),
            Work(sequence: one, tokens: [7], logits: .last),
        ])
        #expect(greatestDifference(session.row(1), tiny.logits(prompt + [5, 6, 7]).last!) < 1e-3)
        session.end(missing)
    }

    @Test("pools hidden states as the file says", arguments: [UInt32(1), 2, 3])
    func embeddings(_ type: UInt32) throws {
        var tiny = TinyModel.qwen3
        tiny.pooling = type
        let session = try self.session(tiny.model(), batch: 16)
        let tokens = tiny.prompt(37)
        let hidden = tiny.hidden(tokens)
        let expected: [Float] =
            switch type {
            case 1: (0..<tiny.width).map { i in hidden.reduce(0) { $0 + $1[i] } / 37 }
            case 2: hidden[0]
            default: hidden[36]
            }
        #expect(greatestDifference(try session.embed(tokens), expected) < 1e-3)
        #expect(session.cacheBytes == 0)
        #expect(throws: EngineError.self) { try session.embed([]) }
    }

    @Test("any number of threads gives the same numbers", arguments: [1, 2, 3, 5])
    func threads(_ count: Int) throws {
        let tiny = TinyModel.qwen2
        let session = try self.session(tiny.model(), threads: count)
        #expect(session.threads == count)
        let rows = try session.all(tiny.prompt(50))
        #expect(rows == (try self.session(tiny.model(), threads: 1).all(tiny.prompt(50))))
    }
}
