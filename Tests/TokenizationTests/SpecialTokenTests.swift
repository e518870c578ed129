import GGUF
import Testing
import Tokenization

/// Which tokens end generation and which texts are cut out of prompts.
@Suite("Special tokens")
struct SpecialTokenTests {
    /// The 256 bytes and these tokens, all of one type: 1 normal, 3 control, 4 user-defined.
    static func tokenizer(_ special: [String], type: Int32 = 3, name: String = "x") throws
        -> Tokenizer
    {
        let tokens = SmallVocabularyTests.alphabet + special
        var metadata = Metadata()
        metadata["general.name"] = .string(name)
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string("qwen2")
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        metadata["tokenizer.ggml.token_type"] = .array(
            .int32(tokens.indices.map { $0 < 256 ? 1 : type }))
        metadata["tokenizer.ggml.merges"] = .array(.strings(StringArray([])))
        metadata["tokenizer.ggml.bos_token_id"] = .int32(-1)
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(65)
        return try Tokenizer(metadata)
    }

    /// Names of what ends generation beyond the end token that every one of these files names.
    static func ends(_ tokenizer: Tokenizer) -> Set<String> {
        Set(tokenizer.endOfGeneration.filter { $0 >= 256 }.map { tokenizer.name(of: $0)! })
    }

    @Test(
        "texts that end generation do so whatever type the file gives them",
        arguments: [1, 3, 4] as [Int32])
    func ends(type: Int32) throws {
        let texts = ["<|im_end|>", "<|file_sep|>", "<fim_pad>", "[e~[", "<|user|>", "<|im_start|>"]
        let tokenizer = try Self.tokenizer(texts, type: type)
        #expect(Self.ends(tokenizer) == ["<|im_end|>", "<|file_sep|>", "<fim_pad>", "[e~["])
        let end = try #require(tokenizer.token(named: "<|im_end|>"))
        #expect(tokenizer.isControl(end))
        #expect(tokenizer.piece(end).isEmpty)
        #expect(tokenizer.endOfGeneration.contains(65))
    }

    @Test("a message of gpt-oss does not end its answer, and its markers are shown")
    func harmony() throws {
        let texts = [
            "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>",
        ]
        let tokenizer = try Self.tokenizer(texts)
        #expect(Self.ends(tokenizer) == ["<|return|>", "<|call|>"])
        let ids = tokenizer.encode("<|channel|>a<|end|>", parseSpecial: true)
        #expect(tokenizer.decode(ids) == "<|channel|>a<|end|>")
        #expect(
            Self.ends(try Self.tokenizer(["<|end|>", "<|return|>"])) == ["<|end|>", "<|return|>"])
        #expect(
            Self.ends(try Self.tokenizer(["<|end|>", "<|calls|>", "<|flush|>"]))
                == ["<|calls|>", "<|flush|>"])
    }

    @Test("a closing tag is text where answers end in tool responses")
    func toolResponse() throws {
        let tokenizer = try Self.tokenizer(["</s>", "<|tool_response>"])
        #expect(Self.ends(tokenizer) == ["<|tool_response>"])
        #expect(tokenizer.encode("</s>", parseSpecial: true).count == 4)
        #expect(Self.ends(try Self.tokenizer(["</s>"])) == ["</s>"])
    }

    @Test("the longest special text wins, then the leftmost")
    func longest() throws {
        let tokenizer = try Self.tokenizer(["<a>", "<a><b>", "b><a", "aa"])
        func names(_ text: String) -> [String] {
            tokenizer.encode(text, parseSpecial: true).map { tokenizer.name(of: $0)! }
        }
        #expect(names("<a><b><a>") == ["<a><b>", "<a>"])
        #expect(names("<b><a>") == ["<", "b><a", ">"])
        #expect(names("aaa") == ["aa", "a"])
        #expect(names("<a><a") == ["<a>", "<", "a"])
        #expect(names("<a>") == ["<a>"])
        #expect(names("") == [])
    }

    @Test("Phi-3 takes the white space behind its special texts along")
    func stripsRight() throws {
        let texts = ["<|user|>", "<s>"]
        let phi = try Self.tokenizer(texts, name: "Phi-3 Mini")
        #expect(phi.decode(phi.encode("<|user|> \n a<s> b", parseSpecial: true)) == "a b")
        let other = try Self.tokenizer(texts)
        #expect(other.decode(other.encode("<|user|> \n a<s> b", parseSpecial: true)) == " \n a b")
    }

    @Test("a prompt full of special texts is cut in one scan")
    func many() throws {
        let texts = (0..<2_000).map { "<|reserved_\($0)|>" }
        let tokenizer = try Self.tokenizer(texts)
        let prompt = (0..<20_000).map { texts[$0 % 2_000] + "x" }.joined()
        let ids = tokenizer.encode(prompt, parseSpecial: true)
        #expect(ids.count == 40_000)
        #expect(tokenizer.decode(ids, special: true) == prompt)
    }
}
