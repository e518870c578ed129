/// What a terminal shows after a program wrote to it: the visible rows and the cursor.
///
/// Knows the sequences that command lines use: moving the cursor, erasing, wrapping at the last column
/// and scrolling at the last row. Others are swallowed.
public struct TerminalScreen: Sendable {
    public let columns: Int
    public let rows: Int
    public private(set) var row = 0
    public private(set) var column = 0
    /// Empty behind a character of two columns.
    private var cells: [[String]]
    private var parser = Parser.ground
    private var pendingBytes: [UInt8] = []

    private enum Parser: Sendable {
        case ground, escape, control(String), text
        /// One more character belongs to the sequence.
        case charset
    }

    public init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        cells = [[String]](repeating: [], count: rows)
    }

    /// What `text` shows on a terminal of its own, line ends written as programs write them to pipes.
    public static func rows(of text: String, columns: Int = 100, rows: Int = 2_000) -> [String] {
        var screen = TerminalScreen(columns: columns, rows: rows)
        screen.write(Array(text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8))
        return screen.text
    }

    /// Bytes may end inside a character.
    public mutating func write(_ bytes: some Sequence<UInt8>) {
        pendingBytes += bytes
        var end = pendingBytes.count
        if let lead = pendingBytes.lastIndex(where: { $0 & 0xC0 != 0x80 }),
            pendingBytes[lead] >= 0xC0
        {
            let length = pendingBytes[lead] >= 0xF0 ? 4 : pendingBytes[lead] >= 0xE0 ? 3 : 2
            if end - lead < length { end = lead }
        }
        let text = String(decoding: pendingBytes[..<end], as: UTF8.self)
        pendingBytes.removeSubrange(..<end)
        for scalar in text.unicodeScalars { take(scalar) }
    }

    /// Rows without blanks at their ends, without the empty ones at the end.
    public var text: [String] {
        var lines = cells.map { row in
            var line = row.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        switch parser {
        case .ground: ground(scalar)
        case .escape:
            switch scalar {
            case "[": parser = .control("")
            case "]": parser = .text
            case "(", ")": parser = .charset
            default: parser = .ground
            }
        case .charset: parser = .ground
        case .text:
            // Ends with BEL or ESC \.
            if scalar == "\u{7}" { parser = .ground }
            if scalar == "\u{1B}" { parser = .escape }
        case .control(let parameters):
            if scalar.value >= 0x40 {
                parser = .ground
                control(scalar, parameters)
            } else {
                parser = .control(parameters + String(scalar))
            }
        }
    }

    private mutating func ground(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\u{1B}": parser = .escape
        case "\r": column = 0
        case "\n": lineFeed()
        case "\u{8}": column = max(0, min(column, columns - 1) - 1)
        case "\t": column = min(columns - 1, (column / 8 + 1) * 8)
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: break
        default: put(scalar)
        }
    }

    private mutating func lineFeed() {
        if row + 1 < rows {
            row += 1
        } else {
            cells.removeFirst()
            cells.append([])
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let width = Self.width(scalar)
        guard width > 0 else {
            if column > 0, column <= cells[row].count {
                cells[row][column - 1].unicodeScalars.append(scalar)
            }
            return
        }
        // The cursor waits behind the last column until something follows.
        if column + width > columns {
            lineFeed()
            column = 0
        }
        while cells[row].count < column + width { cells[row].append(" ") }
        cells[row][column] = String(scalar)
        if width == 2 { cells[row][column + 1] = "" }
        column += width
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    private mutating func control(_ final: Unicode.Scalar, _ parameters: String) {
        let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map {
            Int($0)
        }
        let first = numbers.first ?? nil
        let count = max(1, first ?? 1)
        let at = min(column, columns - 1)
        switch final {
        case "A": (row, column) = (max(0, row - count), at)
        case "B": (row, column) = (min(rows - 1, row + count), at)
        case "C": column = min(columns - 1, at + count)
        case "D": column = max(0, at - count)
        case "G": column = min(columns, count) - 1
        case "H":
            row = min(rows, count) - 1
            column = min(columns, max(1, numbers.count > 1 ? numbers[1] ?? 1 : 1)) - 1
        case "J":
            if first == 2 || first == 3 {
                cells = [[String]](repeating: [], count: rows)
            } else {
                erase(row, from: at)
                for below in (row + 1)..<max(rows, row + 1) { cells[below] = [] }
            }
        case "K":
            switch first {
            case 2: cells[row] = []
            case 1:
                for index in 0..<min(at + 1, cells[row].count) { cells[row][index] = " " }
            default: erase(row, from: at)
            }
        default: break
        }
    }

    private mutating func erase(_ row: Int, from column: Int) {
        guard column < cells[row].count else { return }
        cells[row].removeSubrange(column...)
    }
}
