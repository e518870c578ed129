import API

/// Turns the words of a parameter into the JSON value its option takes.
enum ParameterValue {
    private static let integers: Set<String> = [
        "num_keep", "seed", "num_predict", "top_k", "repeat_last_n", "num_ctx", "num_batch",
        "num_gpu", "main_gpu", "num_thread", "draft_num_predict",
    ]
    private static let floats: Set<String> = [
        "top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty",
        "frequency_penalty",
    ]
    private static let booleans: Set<String> = ["use_mmap"]
    private static let lists: Set<String> = ["stop"]

    /// Of several words a list takes all, any other option the first.
    ///
    /// - Throws: ``CommandError`` that names the parameter or the value.
    static func parse(_ name: String, _ words: [String]) throws(CommandError) -> JSONValue {
        let first = words.first ?? ""
        if lists.contains(name) { return .array(words.map { .string($0) }) }
        if integers.contains(name) {
            guard let value = Int(first) else {
                throw CommandError("invalid int value [\(words.joined(separator: " "))]")
            }
            return .number(JSONNumber(value))
        }
        if floats.contains(name) {
            guard let value = Float(first), value.isFinite else {
                throw CommandError("invalid float value [\(words.joined(separator: " "))]")
            }
            return .number(JSONNumber(value))
        }
        if booleans.contains(name) {
            switch first {
            case "1", "t", "T", "TRUE", "true", "True": return true
            case "0", "f", "F", "FALSE", "false", "False": return false
            default:
                throw CommandError("invalid bool value [\(words.joined(separator: " "))]")
            }
        }
        throw CommandError("unknown parameter '\(name)'")
    }

    /// As `/show parameters` prints it: lists as `[x y]`.
    static func text(_ value: JSONValue) -> String {
        if let list = value.array { return "[" + list.map(text).joined(separator: " ") + "]" }
        return value.string ?? value.serialized
    }
}
