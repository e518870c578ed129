/// Columns aligned to the left, without borders.
struct Table {
    /// Widest cell that is not broken at blanks.
    static let wrapWidth = 30

    var header: [String] = []
    var rows: [[String]] = []
    /// Blanks before each line, and whether long cells are broken; the lists use no indent and 30
    /// columns, `show` four blanks and no limit of its own.
    var indent = ""
    var wrap: Int? = Table.wrapWidth

    /// Cells padded to their column.
    ///
    /// A data line ends with the padding of its last cell and four blanks, the header with one, as
    /// the reference prints them.
    var text: String {
        let cells = rows.map { row in row.map { wrapped($0) } }
        let count = max(header.count, rows.map(\.count).max() ?? 0)
        var widths = [Int](repeating: 0, count: count)
        for (column, title) in header.enumerated() { widths[column] = displayWidth(title) }
        for row in cells {
            for (column, lines) in row.enumerated() {
                for line in lines { widths[column] = max(widths[column], displayWidth(line)) }
            }
        }
        var text = ""
        if !header.isEmpty {
            text += indent
            for (column, title) in header.enumerated() {
                text += padded(title, widths[column])
                text += column == header.count - 1 ? " \n" : "    "
            }
        }
        for row in cells {
            for line in 0..<(row.map(\.count).max() ?? 0) {
                text += indent
                for column in 0..<count {
                    let cell =
                        column < row.count && line < row[column].count ? row[column][line] : ""
                    text += padded(cell, widths[column]) + "    "
                }
                text += "\n"
            }
        }
        return text
    }

    private func wrapped(_ cell: String) -> [String] {
        guard let wrap, displayWidth(cell) > wrap, cell.contains(" ") else { return [cell] }
        return wrapWords(cell, width: wrap)
    }
}

/// Breaks a text at blanks into lines of at most `width` columns; longer words keep their line.
func wrapWords(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
        if !line.isEmpty, displayWidth(line) + 1 + displayWidth(String(word)) > width {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? String(word) : " " + word
    }
    lines.append(line)
    return lines
}
