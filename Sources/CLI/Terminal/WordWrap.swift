/// Breaks a stream of text at blanks before it reaches the terminal's right edge.
///
/// Text is shown as it comes; a word that turns out not to fit is wiped and written again on the next
/// line. Terminals narrower than ten columns are left to break lines themselves.
struct WordWrap {
    /// Columns of the terminal; nil passes text through.
    var columns: Int?
    private var column = 0
    /// The word being written, as far as it stands on the present line.
    private var word = ""

    init(columns: Int?) { self.columns = columns }

    /// What to write for further text.
    mutating func append(_ text: String) -> String {
        guard let columns, columns >= 10 else { return text }
        var out = ""
        for character in text {
            let width = displayWidth(character)
            if character.isNewline {
                out.append(character)
                column = 0
                word = ""
                continue
            }
            if column + 1 > columns - 5 {
                let wordWidth = displayWidth(word)
                if wordWidth > columns - 10 {
                    // No line could hold it.
                    out += "\n"
                    word = ""
                    column = 0
                } else {
                    if wordWidth > 0 { out += "\u{1B}[\(wordWidth)D" }
                    out += "\u{1B}[K\n" + word
                    column = wordWidth
                }
            }
            out.append(character)
            column += width
            if character == " " || character == "\t" || width >= 2 {
                word = ""
            } else {
                word.append(character)
            }
        }
        return out
    }
}
