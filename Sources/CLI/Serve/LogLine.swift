import API

/// The text of one log record: `time=… level=INFO source=… msg=… key=value`.
///
/// Values with blanks, quotes, `=` or characters that do not print stand in quotes with escapes, so
/// nothing that a client sends can break a line or move the cursor of a terminal.
enum LogLine {
    static func text(
        time: String, level: String, source: String, message: String,
        fields: [(key: String, value: String)]
    ) -> String {
        var text = "time=\(time) level=\(level) source=\(source) msg=\(value(message))"
        for field in fields { text += " \(value(field.key))=\(value(field.value))" }
        return text + "\n"
    }

    static func value(_ text: String) -> String {
        let escaped = GoQuote.quoted(text)
        let isPlain =
            !text.isEmpty && escaped.utf8.count == text.utf8.count + 2
            && !text.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "=") }
        return isPlain ? text : escaped
    }
}
