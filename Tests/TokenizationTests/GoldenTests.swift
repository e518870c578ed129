import API
import Foundation
import GGUF
import TestSupport
import Testing
import Tokenization

/// Ids, pieces and texts that the reference implementation recorded.
@Suite("Recorded tokens", .enabled(if: Golden.isPresent))
struct GoldenTests {
    static let names = [
        "qwen2", "llama-bpe", "gpt-2", "llama-spm", "phi-3", "deepseek-llm", "bert-bge",
    ]

    static func tokenizer(_ name: String) throws -> Tokenizer {
        try Tokenizer(
            GGUFFile(path: Golden.url("tokenizers/ggml-vocab-\(name).gguf").path).metadata)
    }

    static func ids(_ value: JSONValue?) -> [Token] {
        (value?.array ?? []).map { Token($0.integer!) }
    }

    @Test("the texts of the reference's own test files", arguments: names)
    func ownFiles(name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        let path = "tokenizers/ggml-vocab-\(name).gguf"
        let texts = String(decoding: try Golden.data(path + ".inp"), as: UTF8.self)
            .split(separator: "\n__ggml_vocab_test__\n", omittingEmptySubsequences: false)
        let lines = String(decoding: try Golden.data(path + ".out"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(texts.count >= 40)
        // White space alone is nothing to WordPiece.
        let empty = name == "bert-bge" ? 10 : 2
        #expect(lines.count(where: { !$0.isEmpty }) >= texts.count - empty)
        for (text, line) in zip(texts, lines) {
            #expect(
                tokenizer.encode(String(text)) == line.split(separator: " ").map { Token($0)! },
                "\(text.debugDescription)")
        }
    }

    @Test("sixty further texts in every mode, and the way back", arguments: names)
    func cases(name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        let file = try JSONValue(parsing: Golden.data("tokenizers/\(name).cases.json"))
        let cases = try #require(file["cases"]?.array)
        #expect(cases.count >= 60)
        for item in cases {
            let text = item["text"]!.string!
            let ids = Self.ids(item["ids"])
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            #expect(
                tokenizer.encode(text, parseSpecial: true) == Self.ids(item["ids_parse"]),
                "parse \(text.debugDescription)")
            #expect(
                tokenizer.encode(text, addSpecial: true) == Self.ids(item["ids_add"]),
                "add \(text.debugDescription)")
            let both = Self.ids(item["ids_add_parse"])
            #expect(
                tokenizer.encode(text, addSpecial: true, parseSpecial: true) == both,
                "both \(text.debugDescription)")
            // Bytes, because `==` of strings takes other spellings of a character for the same.
            func expect(_ text: String, _ key: String) throws {
                let wanted = try #require(item[key]?.string)
                #expect(Array(text.utf8) == Array(wanted.utf8), "\(key) \(text.debugDescription)")
            }
            try expect(tokenizer.decode(ids, special: true), "concat")
            try expect(tokenizer.detokenize(ids), "detok")
            try expect(tokenizer.detokenize(both), "detok_add_parse")
            try expect(
                tokenizer.detokenize(both, removeSpecial: true, unparseSpecial: false),
                "detok_add_parse_no_special")
            var decoder = StreamDecoder(tokenizer)
            var streamed = ""
            for id in ids { streamed += decoder.append(id) }
            streamed += decoder.finish()
            #expect(Array(streamed.utf8) == Array(tokenizer.decode(ids).utf8))
        }
    }

    @Test("special tokens, pieces and what ends generation", arguments: names)
    func info(name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        let file = try JSONValue(parsing: Golden.data("tokenizers/\(name).cases.json"))
        let info = try #require(file["info"])
        #expect(tokenizer.count == info["n_tokens"]!.integer!)
        #expect(tokenizer.beginOfSequence ?? -1 == Token(info["special"]!["bos"]!.integer!))
        #expect(tokenizer.endOfSequence ?? -1 == Token(info["special"]!["eos"]!.integer!))
        #expect(tokenizer.endOfTurn ?? -1 == Token(info["special"]!["eot"]!.integer!))
        #expect(tokenizer.addsBeginOfSequence == info["add_bos"]!.bool!)
        #expect(tokenizer.addsEndOfSequence == info["add_eos"]!.bool!)
        #expect(tokenizer.endOfGeneration == Set(Self.ids(info["eog"])))
        for piece in file["pieces"]!.array! {
            let id = Token(piece["id"]!.integer!)
            let wanted = Self.decodeBase64(piece["b64"]!.string!)
            #expect(tokenizer.piece(id, special: true) == wanted, "\(id)")
            if piece["hidden_without_special"]?.bool == true {
                #expect(tokenizer.piece(id).isEmpty, "\(id)")
            }
        }
    }

    @Test(
        "the prompts of the recorded models",
        arguments: [
            "bert", "deepseek2", "deepseek3", "gemma2", "gemma3", "glm4moe", "gpt-oss", "granite",
            "lfm2",
            "llama", "mistral", "mixtral", "nemotron-h-moe", "nomic-bert", "olmo2", "phi3", "qwen2",
            "qwen3",
            "qwen35", "qwen3moe", "qwen3next", "starcoder2",
        ])
    func prompts(name: String) throws {
        let tokenizer = try Tokenizer(
            GGUFFile(path: Golden.url("archs/\(name)/model.gguf").path).metadata)
        let expected = try JSONValue(parsing: Golden.data("archs/\(name)/expected.json"))
        #expect(
            tokenizer.encode(expected["prompt"]!.string!, addSpecial: true, parseSpecial: true)
                == Self.ids(expected["tokens"]))
    }

    @Test("prompts and answers of the recorded chat model")
    func tinyChat() throws {
        let tokenizer = try Tokenizer(
            GGUFFile(path: Golden.url("models/tiny-chat/tiny-chat.Q8_0.gguf").path).metadata)
        let expected = try JSONValue(parsing: Golden.data("models/tiny-chat/expected.json"))
        let chats = try #require(expected["chat"]?.array)
        for chat in chats {
            let prompt = tokenizer.encode(
                chat["prompt"]!.string!, addSpecial: true, parseSpecial: true)
            #expect(prompt.count == chat["prompt_tokens"]!.integer!)
        }
        for item in chats + expected["raw"]!.array! {
            let tokens = Self.ids(item["tokens"])
            #expect(tokenizer.decode(tokens) == item["content"]!.string!)
            if item["stop_type"]?.string == "eos" {
                #expect(tokenizer.endOfGeneration.contains(tokens.last!))
            }
        }
    }

    private static func decodeBase64(_ text: String) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { continue }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(buffer >> bits & 0xFF))
            }
        }
        return out
    }
}
