import Engine
import GGUF
import Testing

/// Pages that leave one session and come back in another.
@Suite struct PageTests {
    static let types = SessionOptions.CacheType.allCases

    func session(
        _ model: Model, sequences: Int = 4, cache: SessionOptions.CacheType = .f16
    ) throws -> Session {
        var options = SessionOptions()
        options.contextLength = 256
        options.batchSize = 128
        options.maxSequences = sequences
        options.threads = 2
        options.cacheType = cache
        return try Session(model, options)
    }

    /// All whole pages of a text.
    func pages(_ text: [Token], _ model: Model, _ cache: SessionOptions.CacheType) throws
        -> [[UInt8]]
    {
        let session = try session(model, cache: cache)
        let (sequence, _) = try session.begin(text)
        try session.step([Work(sequence: sequence, tokens: text, logits: .none)])
        session.end(sequence)
        return (0..<text.count / Session.pageLength).compactMap {
            session.copyPage($0, of: text)
        }
    }

    func tokens(_ page: Int, of text: [Token]) -> [Token] {
        Array(text[page * Session.pageLength..<(page + 1) * Session.pageLength])
    }

    @Test("another session goes on from restored pages, bit for bit", arguments: types)
    func roundTrip(_ cache: SessionOptions.CacheType) throws {
        let tiny = TinyModel.qwen2
        let model = try tiny.model()
        let text = tiny.prompt(100)
        let pages = try pages(text, model, cache)
        #expect(pages.count == 3)
        let session = try session(model, cache: cache)
        let (sequence, reused) = try session.begin(text)
        #expect(reused == 0)
        for (number, page) in pages.enumerated() {
            #expect(page.count == session.pageBytes)
            try page.withUnsafeBytes {
                try session.restore(sequence, tokens(number, of: text), from: $0)
            }
        }
        #expect(session.tokens(of: sequence) == Array(text[..<96]))
        try session.step([Work(sequence: sequence, tokens: Array(text[96...]), logits: .last)])
        // The rest was evaluated in a step of its own here as well.
        let other = try self.session(model, cache: cache)
        let (plain, _) = try other.begin(text)
        try other.step([Work(sequence: plain, tokens: Array(text[..<96]), logits: .none)])
        try other.step([Work(sequence: plain, tokens: Array(text[96...]), logits: .last)])
        #expect(session.row(0) == other.row(0))
        // Others find them like any page.
        session.end(sequence)
        #expect(try session.begin(text).reused == 99)
    }

    @Test("a page that memory has meanwhile is shared, not held twice")
    func shared() throws {
        let tiny = TinyModel.llama
        let model = try tiny.model()
        let text = tiny.prompt(64)
        let page = try pages(text, model, .f16)[0]
        let session = try session(model)
        let (waiting, _) = try session.begin(text)
        let (other, _) = try session.begin(text)
        try session.step([Work(sequence: other, tokens: text, logits: .none)])
        let bytes = session.cacheBytes
        try page.withUnsafeBytes {
            try session.restore(waiting, tokens(0, of: text), from: $0)
        }
        #expect(session.cacheBytes == bytes)
        #expect(session.length(of: waiting) == 32)
        #expect(bytes <= session.cacheBudget)
        #expect(session.cacheBudget == session.pageBytes * 4 * 8)
    }

    @Test("what does not fit is refused and changes nothing")
    func refusals() throws {
        let tiny = TinyModel.llama
        let model = try tiny.model()
        let text = tiny.prompt(70)
        let page = try pages(text, model, .f16)[0]
        let session = try session(model)
        let (sequence, _) = try session.begin(text)
        func code(_ sequence: SequenceID, _ tokens: [Token], _ page: [UInt8]) -> EngineError.Code? {
            do throws(EngineError) {
                let result: Result<Void, EngineError> = page.withUnsafeBytes { bytes in
                    do throws(EngineError) {
                        return .success(try session.restore(sequence, tokens, from: bytes))
                    } catch { return .failure(error) }
                }
                try result.get()
            } catch { return error.code }
            return nil
        }
        let good = tokens(0, of: text)
        #expect(code(SequenceID(rawValue: 99), good, page) == .unknownSequence)
        #expect(code(sequence, good + [1], page) == .malformed)
        #expect(code(sequence, [], page) == .malformed)
        #expect(code(sequence, good, Array(page.dropLast())) == .malformed)
        #expect(code(sequence, good, page + [0]) == .malformed)
        #expect(code(sequence, good, []) == .malformed)
        #expect(code(sequence, good.dropLast() + [Token(tiny.vocabulary)], page) == .badToken)
        try session.step([Work(sequence: sequence, tokens: [1], logits: .none)])
        #expect(code(sequence, good, page) == .malformed)
        try session.cut(sequence, to: 0)
        #expect(code(sequence, good, page) == nil)
        #expect(session.length(of: sequence) == 32)
        // Moved positions: nothing can be put behind them.
        try session.shift(sequence, keep: 0, discard: 32)
        #expect(!session.isShared(sequence))
        #expect(code(sequence, good, page) == .malformed)
        // Beyond the context.
        let (full, _) = try session.begin([])
        for _ in 0..<8 { #expect(code(full, good, page) == nil) }
        #expect(code(full, good, page) == .contextExceeded)
    }

    @Test("another session goes on within a restored page, bit for bit", arguments: types)
    func part(_ cache: SessionOptions.CacheType) throws {
        let tiny = TinyModel.qwen2
        let model = try tiny.model()
        let text = tiny.prompt(90)
        let one = try session(model, cache: cache)
        let (writer, _) = try one.begin(text)
        try one.step([Work(sequence: writer, tokens: text, logits: .none)])
        let pages = (0..<3).compactMap { one.copyPage($0, of: text) }
        #expect(pages.count == 3)
        // The end of the text, and the beginning of a whole page.
        for length in [90, 70, 65, 60, 33] {
            let session = try session(model, cache: cache)
            let (sequence, _) = try session.begin(text)
            for number in 0..<(length + 31) / 32 {
                let tokens = Array(text[32 * number..<min(length, 32 * number + 32)])
                try pages[number].withUnsafeBytes {
                    try session.restore(sequence, tokens, from: $0)
                }
            }
            #expect(session.tokens(of: sequence) == Array(text[..<length]))
            let rest = Array(tiny.prompt(110, seed: 3)[length...])
            try session.step([Work(sequence: sequence, tokens: rest, logits: .last)])
            let row = session.row(0)
            try one.cut(writer, to: length)
            try one.step([Work(sequence: writer, tokens: rest, logits: .last)])
            #expect(row == one.row(0), "\(length)")
            try one.cut(writer, to: length)
            try one.step([
                Work(sequence: writer, tokens: Array(text[length...]) + [1], logits: .none)
            ])
        }
    }

    @Test("pages are copied with the tokens that a text has in them")
    func copies() throws {
        let tiny = TinyModel.llama
        let session = try session(tiny.model())
        let text = tiny.prompt(70)
        let (sequence, _) = try session.begin(text)
        try session.step([Work(sequence: sequence, tokens: text, logits: .none)])
        #expect(session.isShared(sequence))
        #expect(session.copyPage(0, of: text) != nil)
        #expect(session.copyPage(1, of: text) != nil)
        #expect(session.copyPage(3, of: text) == nil)
        #expect(session.copyPage(-1, of: text) == nil)
        #expect(session.copyPage(2, of: text + [1]) == nil)
        // Zeros behind the end: nothing of what the memory held before.
        for length in [63, 65, 70] {
            let copy = try #require(session.copyPage((length - 1) / 32, of: Array(text[..<length])))
            #expect(copy.count == session.pageBytes)
            // Bytes of a head's key: 2 each.
            let row = 2 * tiny.headDimension
            for head in stride(from: 0, to: copy.count, by: 32 * row) {
                let end = head + ((length - 1) % 32 + 1) * row
                #expect(copy[end..<head + 32 * row].allSatisfy { $0 == 0 })
                #expect(copy[head..<end].contains { $0 != 0 })
            }
        }
        var other = text
        other[3] += 1
        #expect(session.copyPage(0, of: other) == nil)
        #expect(session.copyPage(1, of: other) == nil)
        // Its pages of 256 positions each of another sequence push these out.
        session.end(sequence)
        for seed in 2..<6 {
            let (one, _) = try session.begin(tiny.prompt(256, seed: seed))
            let rest = tiny.prompt(256, seed: seed)
            try session.step([Work(sequence: one, tokens: Array(rest[..<128]), logits: .none)])
            try session.step([Work(sequence: one, tokens: Array(rest[128...]), logits: .none)])
        }
        #expect(session.copyPage(0, of: text) == nil)
    }

    @Test("the format names what makes pages different")
    func format() throws {
        let one = try TinyModel.llama.model()
        let two = try TinyModel.qwen2.model()
        var formats: Set<String> = []
        for model in [one, two] {
            for type in Self.types {
                formats.insert(try session(model, cache: type).pageFormat)
            }
        }
        for set in InstructionSet.available {
            formats.insert(try session(TinyModel.llama.model(set)).pageFormat)
        }
        #expect(formats.count == 2 * Self.types.count + InstructionSet.available.count - 1)
    }

    @Test("the checksum is XXH64")
    func checksum() {
        func sum(_ text: String, seed: UInt64 = 0) -> UInt64 {
            Array(text.utf8).withUnsafeBytes { Checksum.of($0, seed: seed) }
        }
        // Published values.
        #expect(sum("") == 0xEF46_DB37_51D8_E999)
        #expect(sum("a") == 0xD24E_C4F1_A98C_6E5B)
        #expect(sum("abc") == 0x44BC_2CF5_AD77_0999)
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = bytes.withUnsafeBytes { Checksum.of($0) }
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(other.withUnsafeBytes { Checksum.of($0) } != whole)
        }
    }
}
