import GGUF

/// What a random model says that copies: a text of 1,024 words, `w0000 ` to `w1023 `, from which every
/// 40th word is replaced by another one.
///
/// A prompt with the words in their order is a file that is to be edited; after its first word the
/// model goes on with the edited file, whatever else stands in the prompt. Each word decides on the
/// next one: the table of tokens has a random vector for each word, the output has the vector of the
/// word before at each word's place, and what layers add is kept so small that it never matters.
/// They are computed like any others.
public enum CopyText {
    /// Words of the file.
    public static let length = 1024
    /// Every so many words another one takes a word's place.
    public static let editDistance = 40

    /// `w` and four digits and a blank: one token. Below ``length`` it is of the file, from there on
    /// one that takes the place of the word `length` before.
    public static func word(_ index: Int) -> String {
        let digits = String(index)
        return "w" + String(repeating: "0", count: 4 - digits.utf8.count) + digits + " "
    }

    /// The word that the model has after another one.
    public static func next(after index: Int) -> Int {
        let isEdit = index >= length
        let place = (isEdit ? index - length : index) + 1
        if !isEdit, place % editDistance == 0, place < length { return place + length }
        return place % length
    }

    private static let words = 2 * length
    /// Its number in the vocabulary.
    private static let firstWord = 257

    static func addVocabulary(
        of size: Int, _ architecture: String, to metadata: inout Metadata
    ) {
        var tokens = bytes + ["he"]
        var types = [Int32](repeating: 1, count: tokens.count)
        tokens += (0..<words).map(word)
        types += [Int32](repeating: 4, count: words)
        let controls = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
        let end = UInt32(tokens.count + 1)
        tokens += controls
        types += [Int32](repeating: 3, count: controls.count)
        tokens += (tokens.count..<size).map { "[t\($0)]" }
        types += [Int32](repeating: 1, count: size - types.count)
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string(
            architecture == "llama" ? "llama-bpe" : "qwen2")
        metadata["tokenizer.ggml.tokens"] = .array(.strings(StringArray(tokens)))
        metadata["tokenizer.ggml.token_type"] = .array(.int32(types))
        metadata["tokenizer.ggml.merges"] = .array(.strings(StringArray(["h e"])))
        metadata["tokenizer.ggml.bos_token_id"] = .uint32(end + 1)
        metadata["tokenizer.ggml.eos_token_id"] = .uint32(end)
        metadata["tokenizer.ggml.add_bos_token"] = .bool(false)
        metadata["tokenizer.chat_template"] = .string(
            "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] "
                + "+ '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}")
    }

    /// The 256 bytes in the spelling of byte-level vocabularies.
    private static var bytes: [String] {
        var next: UInt32 = 256
        return (0..<256).map { byte -> String in
            let isPrintable =
                (33...126).contains(byte) || (161...172).contains(byte)
                || (174...255).contains(byte)
            var scalar = UInt32(byte)
            if !isPrintable {
                scalar = next
                next += 1
            }
            return String(Unicode.Scalar(scalar)!)
        }
    }

    /// A matrix of a model that copies.
    static func matrix(
        _ name: String, _ columns: Int, _ rows: Int, _ format: QuantFormat, _ scale: Float
    ) -> [UInt8] {
        let isOutput = name == "output.weight"
        guard isOutput || name == "token_embd.weight" else {
            let isAdded = name.hasSuffix("attn_output.weight") || name.hasSuffix("ffn_down.weight")
            return RandomModel.blocks(
                format, count: columns * rows, scale: isAdded ? scale / 50 : scale)
        }
        // Other tokens than words are never the best.
        var bytes = RandomModel.blocks(
            format, count: columns * rows, scale: isOutput ? scale / 50 : 1)
        let rowBytes = columns / format.blockSize * format.blockBytes
        var before = Array(0..<words)
        // A word that nothing leads to keeps a vector that no text has.
        if isOutput { before = before.map { $0 + words } }
        for word in 0..<words where isOutput && isSaid(word) { before[next(after: word)] = word }
        for word in 0..<words {
            let vector = RandomModel.noise(columns, seed: UInt64(before[word] + 1))
            let row = format.quantize(vector.map { $0 * (isOutput ? scale : 1) })!
            let start = (firstWord + word) * rowBytes
            bytes.replaceSubrange(start..<start + rowBytes, with: row)
        }
        return bytes
    }

    /// Whether the word is of the file and leads on in it, or takes a word's place.
    private static func isSaid(_ word: Int) -> Bool {
        let place = word >= length ? word - length : word
        let isReplaced = place % editDistance == 0 && place > 0
        return word >= length ? isReplaced : !isReplaced
    }
}
