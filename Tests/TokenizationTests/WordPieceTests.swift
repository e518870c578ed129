import GGUF
import Testing
import Tokenization

/// WordPiece over a vocabulary small enough to follow by hand.
@Suite("WordPiece")
struct WordPieceTests {
    static let words = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "aff", "able", "▁a", "a", "b", "▁b", "▁ab",
        "bc", "▁,", "▁!", "▁中", "▁é", "é", "▁e", "▁$", "▁'", "s", "▁s", "▁ᄀ", "▁A", "▁ab",
    ]

    static func tokenizer(_ change: (inout Metadata) -> Void = { _ in }) throws -> Tokenizer {
        var metadata = Metadata()
        metadata["tokenizer.ggml.model"] = .string("bert")
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(words)))
        metadata["tokenizer.ggml.token_type"] = .array(
            .int32(words.map { $0.hasPrefix("[") ? 3 : 1 }))
        metadata["tokenizer.ggml.unknown_token_id"] = .uint32(1)
        metadata["tokenizer.ggml.bos_token_id"] = .uint32(2)
        metadata["tokenizer.ggml.seperator_token_id"] = .uint32(3)
        change(&metadata)
        return try Tokenizer(metadata)
    }

    static let cases: [(text: String, names: [String])] = [
        ("", []), (" \t\r\n\u{3000}", []),
        ("unaffable", ["▁un", "aff", "able"]),
        ("UnAffable a", ["▁un", "aff", "able", "▁a"]),
        // The longest token first, also where that leads nowhere.
        ("abc", ["[UNK]"]), ("abb", ["▁ab", "b"]), ("bbc", ["▁b", "bc"]),
        ("unaffablex a", ["[UNK]", "▁a"]), ("x", ["[UNK]"]),
        // Punctuation, symbols of ASCII and ideographs are words of their own.
        ("a,b!", ["▁a", "▁,", "▁b", "▁!"]), ("b's", ["▁b", "▁'", "▁s"]),
        ("a$b", ["▁a", "▁$", "▁b"]), ("a中b", ["▁a", "▁中", "▁b"]), ("a€b", ["[UNK]"]),
        // Accents fall, composed or not; so do controls and what is broken.
        ("é e\u{301} É", ["▁e", "▁e", "▁e"]), ("a\u{0}\u{200B}b\u{FFFD}\u{7F}", ["▁ab"]),
        ("a\u{2028}b", ["▁a", "▁b"]), ("가", ["▁ᄀ"]), ("\u{340}a\u{20E3}", ["▁a"]),
        ("a\u{E000}b\u{AD}b", ["▁ab", "b"]), ("a\u{378}", ["[UNK]"]),
    ]

    @Test("words are the longest tokens from left to right", arguments: cases.indices)
    func words(_ index: Int) throws {
        let tokenizer = try Self.tokenizer()
        let (text, expected) = Self.cases[index]
        #expect(tokenizer.encode(text).map { tokenizer.name(of: $0)! } == expected)
    }

    @Test("of two tokens with one text the later is found")
    func twins() throws {
        #expect(try Self.tokenizer().encode("ab") == [Token(Self.words.count - 1)])
    }

    @Test("case and accents stay where the file says so")
    func cased() throws {
        func names(_ tokenizer: Tokenizer, _ text: String) -> [String] {
            tokenizer.encode(text).map { tokenizer.name(of: $0)! }
        }
        let cased = try Self.tokenizer { $0["tokenizer.ggml.normalizer.lowercase"] = .bool(false) }
        #expect(names(cased, "A a é") == ["▁A", "▁a", "▁é"])
        let bare = try Self.tokenizer {
            $0["tokenizer.ggml.normalizer.lowercase"] = .bool(false)
            $0["tokenizer.ggml.normalizer.strip_accents"] = .bool(true)
        }
        #expect(names(bare, "A é") == ["▁A", "▁e"])
    }

    @Test("texts stand between class and separator, whatever the file says about adding")
    func around() throws {
        let tokenizer = try Self.tokenizer {
            $0["tokenizer.ggml.add_bos_token"] = .bool(false)
        }
        #expect(tokenizer.encode("a", addSpecial: true) == [2, 7, 3])
        #expect(tokenizer.openingTokens == [2] && tokenizer.closingTokens == [3])
        #expect(tokenizer.encode("a [SEP] b", parseSpecial: true) == [7, 3, 10])
        #expect(!tokenizer.encode("a [SEP] b").contains(3))
        // The numbers of the first model of the kind.
        let unnamed = try Self.tokenizer {
            $0["tokenizer.ggml.bos_token_id"] = nil
            $0["tokenizer.ggml.seperator_token_id"] = nil
            $0["tokenizer.ggml.tokens"] = .array(
                .strings(StringArray((0..<110).map { "▁\($0)" })))
            $0["tokenizer.ggml.token_type"] = nil
        }
        #expect(unnamed.encode("5", addSpecial: true) == [101, 5, 102])
    }

    @Test("the way back puts a blank before words and none before punctuation")
    func back() throws {
        let tokenizer = try Self.tokenizer()
        let ids = tokenizer.encode("unaffable, a b! b's")
        #expect(tokenizer.decode(ids) == " unaffable , a b ! b ' s")
        #expect(tokenizer.detokenize(ids) == " unaffable, a b! b's")
        #expect(tokenizer.detokenize(tokenizer.encode("b'''b")) == " b'''b")
        #expect(tokenizer.decode([1, 7], special: true) == "[UNK] a")
        #expect(tokenizer.decode([1, 7]) == " a")
    }

    @Test("long words and texts take time in proportion")
    func long() throws {
        let tokenizer = try Self.tokenizer()
        let run = String(repeating: "b", count: 100_000)
        #expect(tokenizer.encode(run).count == 100_000)
        #expect(tokenizer.encode(run + "x") == [1])
        #expect(tokenizer.encode(String(repeating: "a ", count: 50_000)).count == 50_000)
    }

    @Test("a precomposed letter is its base, as canonical equivalence has it")
    func bases() throws {
        let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
        let tokenizer = try Self.tokenizer {
            $0["tokenizer.ggml.tokens"] = .array(
                .strings(StringArray(["[UNK]"] + letters.map { "▁" + $0 })))
            $0["tokenizer.ggml.token_type"] = nil
            $0["tokenizer.ggml.unknown_token_id"] = .uint32(0)
            $0["tokenizer.ggml.bos_token_id"] = nil
            $0["tokenizer.ggml.seperator_token_id"] = nil
        }
        // Equal strings, because they are made of the same letter and mark.
        var expected: [String: Token] = [:]
        for (index, letter) in letters.enumerated() {
            for mark in 0x300...0x338 {
                let apart = letter + String(Unicode.Scalar(UInt32(mark))!)
                expected[apart] = Token(index + 1)
            }
        }
        var count = 0
        for value in [0xC0...0x24F, 0x1E00...0x1EFF].joined() {
            let composed = String(Unicode.Scalar(UInt32(value))!)
            guard let token = expected[composed] else { continue }
            #expect(tokenizer.encode(composed) == [token], "U+\(String(value, radix: 16))")
            count += 1
        }
        #expect(count > 150)
    }
}
