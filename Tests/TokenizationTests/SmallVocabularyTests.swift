import GGUF
import Testing
import Tokenization

/// Vocabularies made in code, small enough to follow by hand.
@Suite("Small vocabularies")
struct SmallVocabularyTests {
    /// The 256 bytes, a few merges, control tokens and a user-defined one.
    static func bytePair(pre: String = "gpt-2", change: (inout Metadata) -> Void = { _ in }) throws
        -> Tokenizer
    {
        var metadata = Metadata()
        let merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "1 2"]
        let made = merges.map { $0.replacing(" ", with: "") }
        let tokens = alphabet + made + ["<|start|>", "<|im_end|>", "<tool>"]
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string(pre)
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        metadata["tokenizer.ggml.token_type"] = .array(
            .int32(tokens.map { $0.hasPrefix("<|") ? 3 : $0 == "<tool>" ? 4 : 1 }))
        metadata["tokenizer.ggml.merges"] = .array(.strings(StringArray(merges)))
        metadata["tokenizer.ggml.bos_token_id"] = .uint32(UInt32(tokens.count - 3))
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(UInt32(tokens.count - 2))
        change(&metadata)
        return try Tokenizer(metadata)
    }

    static let alphabet: [String] = {
        var shift: UInt32 = 0
        return (0..<256).map { (byte: UInt32) in
            if (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            {
                return String(Unicode.Scalar(byte)!)
            }
            defer { shift += 1 }
            return String(Unicode.Scalar(256 + shift)!)
        }
    }()

    func names(_ tokenizer: Tokenizer, _ text: String, special: Bool = false, parse: Bool = false)
        -> [String]
    {
        tokenizer.encode(text, addSpecial: special, parseSpecial: parse).map {
            tokenizer.name(of: $0)!
        }
    }

    @Test("merges in order of rank, the leftmost of equals first")
    func merges() throws {
        let tokenizer = try Self.bytePair()
        #expect(names(tokenizer, "hello") == ["hello"])
        #expect(names(tokenizer, "hell") == ["hell"])
        #expect(names(tokenizer, "helo") == ["he", "l", "o"])
        #expect(names(tokenizer, "lll") == ["ll", "l"])
        #expect(names(tokenizer, "hello world") == ["hello", "Ġw", "o", "r", "l", "d"])
    }

    @Test(
        "the family's splitter decides how digits stand together",
        arguments: [
            ("gpt-2", ["12", "12"]), ("qwen2", ["1", "2", "1", "2"]),
            ("llama-bpe", ["12", "1", "2"]),
        ])
    func digits(pre: String, expected: [String]) throws {
        #expect(names(try Self.bytePair(pre: pre), "1212") == expected)
    }

    @Test("control tokens are recognised on request, user-defined ones always")
    func special() throws {
        let tokenizer = try Self.bytePair()
        #expect(names(tokenizer, "he<|im_end|>", parse: true) == ["he", "<|im_end|>"])
        #expect(!names(tokenizer, "he<|im_end|>").contains("<|im_end|>"))
        #expect(names(tokenizer, "he<tool>he") == ["he", "<tool>", "he"])
        #expect(tokenizer.decode(tokenizer.encode("he<|im_end|>", parseSpecial: true)) == "he")
        #expect(
            tokenizer.decode(tokenizer.encode("he<|im_end|>", parseSpecial: true), special: true)
                == "he<|im_end|>")
        #expect(tokenizer.endOfGeneration == [Token(tokenizer.count - 2)])
    }

    @Test("begin and end tokens are added when the file asks for them")
    func added() throws {
        let tokenizer = try Self.bytePair {
            $0["tokenizer.ggml.add_bos_token"] = .bool(true)
            $0["tokenizer.ggml.add_eos_token"] = .bool(true)
        }
        #expect(names(tokenizer, "he", special: true) == ["<|start|>", "he", "<|im_end|>"])
        #expect(names(try Self.bytePair(), "he", special: true) == ["he"])
    }

    @Test(
        "any text comes back, byte for byte",
        arguments: [
            "", " ", "a\r\nb", "héllo wörld", "中文 测试 😀\u{200D}👩", "\u{0}\u{FEFF}\u{FFFD}",
            "tabs\t\tand  blanks   ",
        ])
    func wayBack(text: String) throws {
        for pre in ["gpt-2", "qwen2", "llama-bpe", "smollm"] {
            let tokenizer = try Self.bytePair(pre: pre)
            #expect(
                Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(text.utf8), "\(pre)")
        }
    }

    @Test("a stream hands out whole characters only")
    func stream() throws {
        let tokenizer = try Self.bytePair()
        var decoder = StreamDecoder(tokenizer)
        let pieces = tokenizer.encode("a😀é").map { decoder.append($0) }
        #expect(pieces == ["a", "", "", "", "😀", "", "é"])
        var cut = StreamDecoder(tokenizer)
        let shown = tokenizer.encode("é").dropLast().map { cut.append($0) }
        #expect(shown == [""])
        #expect(cut.finish() == "\u{FFFD}")
        #expect(cut.finish() == "")
    }

    @Test("SentencePiece merges by score, marks blanks, and writes unknown characters as bytes")
    func sentencePiece() throws {
        var metadata = Metadata()
        let bytes = (0..<256).map {
            "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) + ">"
        }
        let tokens = ["<unk>", "<s>", "</s>"] + bytes + ["▁", "a", "b", "ab", "▁a", "ba"]
        metadata["tokenizer.ggml.model"] = .string("llama")
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        metadata["tokenizer.ggml.scores"] = .array(
            .float32([0, 0, 0] + [Float](repeating: 0, count: 256) + [-9, -8, -7, -1, -3, -2]))
        metadata["tokenizer.ggml.token_type"] = .array(
            .int32([2, 3, 3] + [Int32](repeating: 6, count: 256) + [Int32](repeating: 1, count: 6)))
        let tokenizer = try Tokenizer(metadata)
        #expect(names(tokenizer, "ab") == ["▁", "ab"])
        #expect(names(tokenizer, "a") == ["▁a"])
        #expect(names(tokenizer, "bab") == ["▁", "b", "ab"])
        #expect(names(tokenizer, "é", special: true) == ["<s>", "▁", "<0xC3>", "<0xA9>"])
        #expect(tokenizer.decode(tokenizer.encode("a é b")) == " a é b")
        #expect(tokenizer.detokenize(tokenizer.encode("a é b")) == "a é b")
        #expect(names(tokenizer, "a</s>a", parse: true) == ["▁a", "</s>", "▁a"])
    }

    @Test(
        "byte tokens have exactly two hexadecimal digits",
        arguments: ["<0x-1>", "<0x+1>", "<0x1>", "<0x100>", "<0xG0>", "0x41", ""])
    func badByte(text: String) throws {
        var metadata = Metadata()
        metadata["tokenizer.ggml.model"] = .string("llama")
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(["<unk>", text])))
        metadata["tokenizer.ggml.scores"] = .array(.float32([0, 0]))
        metadata["tokenizer.ggml.token_type"] = .array(.int32([2, 6]))
        do {
            _ = try Tokenizer(metadata)
            Issue.record("\(text): accepted")
        } catch {
            #expect(error.description == "token 1: \"\(text)\" is not a byte")
        }
    }

    @Test("a long word takes no quadratic time")
    func longWord() throws {
        let tokenizer = try Self.bytePair()
        #expect(tokenizer.encode(String(repeating: "l", count: 200_000)).count == 100_000)
    }

    static let broken: [(String, String, @Sendable (inout Metadata) -> Void)] = [
        ("no model", "\"tokenizer.ggml.model\" is missing", { $0["tokenizer.ggml.model"] = nil }),
        (
            "another model", "unsupported tokenizer model \"rwkv\"",
            { $0["tokenizer.ggml.model"] = .string("rwkv") }
        ),
        (
            "another splitter", "unsupported pre-tokenizer \"novel\"",
            { $0["tokenizer.ggml.pre"] = .string("novel") }
        ),
        (
            "no tokens", "\"tokenizer.ggml.tokens\" is missing",
            { $0["tokenizer.ggml.tokens"] = nil }
        ),
        (
            "no merges", "\"tokenizer.ggml.merges\" is missing",
            { $0["tokenizer.ggml.merges"] = nil }
        ),
        (
            "tokens of numbers", "expected array of strings",
            { $0["tokenizer.ggml.tokens"] = .array(.int32([1])) }
        ),
        (
            "a name that only looks known", "unsupported pre-tokenizer \"gpt2\"",
            { $0["tokenizer.ggml.pre"] = .string("gpt2") }
        ),
        (
            "too few scores", "1 scores for",
            { $0["tokenizer.ggml.scores"] = .array(.float32([1])) }
        ),
        (
            "a token of 70,000 bytes", "token 0: text of 70000 bytes",
            {
                $0["tokenizer.ggml.tokens"] = .array(
                    .strings(StringArray([String(repeating: "a", count: 70_000)])))
                $0["tokenizer.ggml.token_type"] = nil
            }
        ),
        ("too few types", "1 types for", { $0["tokenizer.ggml.token_type"] = .array(.int32([1])) }),
        (
            "scores as bytes", "expected array of floats",
            { $0["tokenizer.ggml.scores"] = .array(.int8([1])) }
        ),
        (
            "an end token out of range", "100000 is not one of",
            { $0["tokenizer.ggml.eos_token_id"] = .uint32(100_000) }
        ),
    ]

    @Test("broken vocabularies are refused by name", arguments: broken.indices)
    func refused(index: Int) throws {
        let (name, text, change) = Self.broken[index]
        do {
            _ = try Self.bytePair(change: change)
            Issue.record("\(name): accepted")
        } catch let error as TokenizationError {
            #expect(error.description.contains(text), "\(name): \(error)")
        }
    }
}
