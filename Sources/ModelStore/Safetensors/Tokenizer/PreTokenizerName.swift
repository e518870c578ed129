import API

/// Finds the name of the splitter that a `tokenizer.json` describes.
///
/// The patterns themselves decide, not the model's name: models of one family come with several
/// splitters, and a wrong one spoils every prompt without an error.
enum PreTokenizerName {
    /// First 16 digits of the SHA-256 of ``description(of:)``, and values of `tokenizer.ggml.pre`.
    private static let known: [String: String] = [
        "6cd32e0de83e877b": "llama-bpe",
        "7c99cb62c1bf814e": "qwen2",
        "361b73266b27c008": "qwen35",
        "a2d8c4c1ba9d485a": "tekken",
        "d9d0311b86e96114": "deepseek-v3",
        "dba36bffa5cab0f9": "gpt-2",
        "6971a5ab4ac81441": "smollm",
    ]

    /// - Throws: malformed for a splitter that is not known.
    static func name(of preTokenizer: JSONValue) throws(StoreError) -> String {
        let description = try description(of: preTokenizer)
        let fingerprint = String(Digest(of: Array(description.utf8)).hex.prefix(16))
        guard let name = known[fingerprint] else {
            throw StoreError(
                .malformed,
                "\(TokenizerFile.name): the pre-tokenizer is not supported (\(fingerprint))")
        }
        return name
    }

    /// One line for each step that splits: its type and pattern.
    static func description(of preTokenizer: JSONValue) throws(StoreError) -> String {
        var lines: [String] = []
        let steps =
            preTokenizer["type"]?.string == "Sequence"
            ? preTokenizer["pretokenizers"]?.array ?? [] : [preTokenizer]
        var isByteLevel = false
        for step in steps {
            switch step["type"]?.string {
            case "Split":
                let pattern =
                    step["pattern"]?["Regex"]?.string ?? step["pattern"]?["String"]?.string
                let behavior = step["behavior"]?.string ?? ""
                let isInverted = step["invert"]?.bool ?? false
                // To keep what matches alone, or what lies between removed gaps, is the same here.
                let keeps =
                    behavior == "Isolated" && !isInverted || behavior == "Removed" && isInverted
                lines.append("\(keeps ? "split" : "\(behavior) \(isInverted)"): \(pattern ?? "")")
            case "Digits":
                lines.append("digits: \(step["individual_digits"]?.bool ?? false)")
            case "ByteLevel":
                isByteLevel = true
                if step["add_prefix_space"]?.bool ?? false { lines.append("space") }
                if step["use_regex"]?.bool ?? true { lines.append("words") }
            case let other:
                lines.append(other ?? "")
            }
        }
        guard isByteLevel else {
            throw StoreError(
                .malformed, "\(TokenizerFile.name): the pre-tokenizer does not work on bytes")
        }
        return lines.joined(separator: "\n")
    }
}
