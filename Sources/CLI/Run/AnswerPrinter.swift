import API

/// Writes an answer to the terminal as it comes: thinking in grey, words wrapped.
struct AnswerPrinter {
    private static let grey = "\u{1B}[38;5;245m"
    private static let bold = "\u{1B}[1m"
    private static let plain = "\u{1B}[0m"

    private(set) var content = ""
    private(set) var thinking = ""
    private let hidesThinking: Bool
    private let hasColour: Bool
    private var wrap: WordWrap
    private var isThinking = false
    private var thinkingEndedLine = true
    private let write: (String) -> Void

    /// - Parameter columns: Width to wrap at; nil where words are not wrapped.
    init(
        columns: Int?, hidesThinking: Bool, hasColour: Bool, write: @escaping (String) -> Void
    ) {
        wrap = WordWrap(columns: columns)
        self.hidesThinking = hidesThinking
        self.hasColour = hasColour
        self.write = write
    }

    /// Shows one piece.
    ///
    /// Returns whether anything was written.
    @discardableResult
    mutating func show(thinking newThinking: String, content newContent: String) -> Bool {
        var out = ""
        if !newThinking.isEmpty {
            thinking += newThinking
            if !hidesThinking {
                if !isThinking {
                    isThinking = true
                    out += marker("Thinking...\n") + (hasColour ? Self.grey : "")
                }
                out += wrap.append(newThinking)
                thinkingEndedLine = newThinking.utf8.last == 0x0A
            }
        }
        if !newContent.isEmpty {
            if isThinking {
                isThinking = false
                if !thinkingEndedLine { out += wrap.append("\n") }
                out += marker("...done thinking.\n\n")
                wrap = WordWrap(columns: wrap.columns)
            }
            content += newContent
            out += wrap.append(newContent)
        }
        if out.isEmpty { return false }
        write(out)
        return true
    }

    /// A tool call, which no prompt of the program asks for.
    mutating func show(toolCalls: [JSONValue]) {
        for call in toolCalls {
            let name = call["function"]?["name"]?.string ?? ""
            let arguments = call["function"]?["arguments"]?.serialized ?? "{}"
            write(
                "  Model called a non-existent function '\(name)()' with arguments: \(arguments)\n")
        }
    }

    /// Ends grey text that no content followed.
    mutating func finish() {
        if isThinking, hasColour { write(Self.plain) }
        isThinking = false
    }

    private func marker(_ text: String) -> String {
        hasColour ? Self.grey + Self.bold + text + Self.plain : text
    }
}
