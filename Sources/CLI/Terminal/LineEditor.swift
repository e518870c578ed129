/// What stands before the input.
struct Prompt {
    var text = ">>> "
    /// Before every further row of a long input, and before a line that continues a block.
    var continuation = "... "
    var placeholder = ""
    var continuationPlaceholder = ""
    /// The line continues a block.
    var continues = false
}

/// Edits one line of input on a terminal in raw mode.
///
/// The line may hold line breaks (pasted or typed with Ctrl-J) and be wider than the terminal; every
/// change draws it anew as a whole, unless more input waits already.
final class LineEditor {
    enum Outcome: Equatable {
        case line(String)
        case interrupted
        case endOfInput
        /// The user wants to go on in an editor with this text.
        case editor(String)
    }

    let history: History
    private let keys: KeyReader
    private let hasPendingInput: () -> Bool
    private let write: (String) -> Void
    private let size: () -> (columns: Int, rows: Int)
    private let suspend: () -> Void

    private var prompt = Prompt()
    private var buffer = EditBuffer()
    /// Row of the cursor below the first drawn row.
    private var cursorRow = 0
    private var isPasting = false

    init(
        history: History, next: @escaping () -> UInt8?, hasPendingInput: @escaping () -> Bool,
        write: @escaping (String) -> Void, size: @escaping () -> (columns: Int, rows: Int),
        suspend: @escaping () -> Void = {}
    ) {
        self.history = history
        keys = KeyReader(next: next)
        self.hasPendingInput = hasPendingInput
        self.write = write
        self.size = size
        self.suspend = suspend
    }

    /// Reads until Enter or a key that ends the line otherwise.
    ///
    /// - Parameter text: What the line holds at first.
    func readLine(_ prompt: Prompt, text: String = "") -> Outcome {
        self.prompt = prompt
        buffer = EditBuffer(text)
        cursorRow = 0
        history.rewind()
        draw()
        while let key = keys.read() {
            if let outcome = handle(key) { return outcome }
            if !hasPendingInput() { draw() }
        }
        leave()
        return .endOfInput
    }

    private func handle(_ key: Key) -> Outcome? {
        if isPasting {
            switch key {
            case .enter, .newline: buffer.insert("\n")
            case .text(let text): buffer.insert(text)
            case .pasteEnd: isPasting = false
            default: break
            }
            return nil
        }
        switch key {
        case .text(let text): buffer.insert(text)
        case .newline: buffer.insert("\n")
        case .enter:
            leave()
            let line = buffer.text
            if !line.isEmpty { history.add(line) }
            return .line(line)
        case .left: buffer.moveLeft()
        case .right: buffer.moveRight()
        case .home: buffer.moveToStart()
        case .end: buffer.moveToEnd()
        case .wordLeft: buffer.moveWordLeft()
        case .wordRight: buffer.moveWordRight()
        case .backspace: buffer.deleteBackward()
        case .delete: buffer.deleteForward()
        case .deleteWord: buffer.deleteWord()
        case .deleteToStart: buffer.deleteToStart()
        case .deleteToEnd: buffer.deleteToEnd()
        case .previous:
            if let text = history.previous(leaving: buffer.text) { buffer = EditBuffer(text) }
        case .next: if let text = history.next() { buffer = EditBuffer(text) }
        case .clearScreen:
            write("\u{1B}[2J\u{1B}[H")
            cursorRow = 0
        case .interrupt:
            leave()
            return .interrupted
        case .endOfInput:
            if buffer.isEmpty {
                leave()
                return .endOfInput
            }
            buffer.deleteForward()
        case .suspend:
            leave()
            suspend()
            cursorRow = 0
        case .editor:
            leave()
            return .editor(buffer.text)
        case .pasteStart: isPasting = true
        case .pasteEnd, .ignored: break
        }
        return nil
    }

    /// Puts the cursor on a fresh line below the input; a placeholder is wiped.
    private func leave() {
        buffer.moveToEnd()
        draw(withPlaceholder: false)
        write("\n")
    }

    // MARK: - Drawing

    private func draw(withPlaceholder: Bool = true) {
        let size = size()
        let first = prompt.continues ? prompt.continuation : prompt.text
        let layout = Layout(
            buffer, columns: max(size.columns, 8), first: first, continuation: prompt.continuation)
        // Only the rows around the cursor fit on a small screen.
        let height = max(2, size.rows)
        let top = max(0, min(layout.cursorRow - height / 2, layout.rows.count - height))
        let shown = layout.rows[top..<min(layout.rows.count, top + height)]

        // Erased before it is drawn: behind a full row the cursor still stands on its last cell, which
        // erasing would take along.
        var out = cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : ""
        out += "\r\u{1B}[J" + shown.joined(separator: "\n\r")
        if withPlaceholder, let text = placeholder {
            let room = max(0, size.columns - 1 - displayWidth(first))
            out += "\u{1B}[38;5;245m" + String(text.prefix(room)) + "\u{1B}[0m"
        }
        let row = layout.cursorRow - top
        if row < shown.count - 1 { out += "\u{1B}[\(shown.count - 1 - row)A" }
        out += "\r"
        if layout.cursorColumn > 0 { out += "\u{1B}[\(layout.cursorColumn)C" }
        cursorRow = row
        write(out)
    }

    /// Grey text where nothing is typed yet.
    private var placeholder: String? {
        if buffer.isEmpty {
            return prompt.continues ? prompt.continuationPlaceholder : prompt.placeholder
        }
        return buffer.isAtEnd && buffer.characters.last == "\n"
            ? prompt.continuationPlaceholder : nil
    }

    /// The rows of a line on the terminal and the cursor's place in them.
    struct Layout {
        var rows: [String]
        var cursorRow = 0
        var cursorColumn = 0

        init(_ buffer: EditBuffer, columns: Int, first: String, continuation: String) {
            rows = [first]
            var column = displayWidth(first)
            func startRow() {
                rows.append(continuation)
                column = displayWidth(continuation)
            }
            for (index, character) in buffer.characters.enumerated() {
                let width = character == "\n" ? 0 : displayWidth(character)
                if column + width > columns { startRow() }
                if index == buffer.cursor { (cursorRow, cursorColumn) = (rows.count - 1, column) }
                if character == "\n" {
                    startRow()
                } else {
                    rows[rows.count - 1].append(character)
                    column += width
                }
            }
            if buffer.isAtEnd {
                // A full row leaves no cell for the cursor.
                if column >= columns { startRow() }
                (cursorRow, cursorColumn) = (rows.count - 1, column)
            }
        }
    }
}
