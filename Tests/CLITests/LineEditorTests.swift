import Testing

@testable import CLI

/// A terminal that understands what the editor and the progress display write.
struct Screen {
    var rows: [[Character]] = [[]]
    var row = 0
    var column = 0
    let columns: Int

    init(columns: Int = 100) { self.columns = columns }

    mutating func write(_ text: String) {
        var scalars = Array(text)[...]
        while let character = scalars.popFirst() {
            switch character {
            case "\u{1B}": escape(&scalars)
            case "\r": column = 0
            case "\n", "\r\n":
                row += 1
                column = 0
                while rows.count <= row { rows.append([]) }
            default: put(character)
            }
        }
    }

    private mutating func put(_ character: Character) {
        let width = displayWidth(character)
        if column + width > columns {
            row += 1
            column = 0
            while rows.count <= row { rows.append([]) }
        }
        while rows[row].count < column { rows[row].append(" ") }
        for offset in 0..<width {
            let cell: Character = offset == 0 ? character : "\0"
            if column < rows[row].count { rows[row][column] = cell } else { rows[row].append(cell) }
            column += 1
        }
    }

    private mutating func escape(_ rest: inout ArraySlice<Character>) {
        guard rest.popFirst() == "[" else { return }
        var parameter = ""
        while let character = rest.popFirst() {
            if character.isLetter {
                let count = Int(parameter) ?? 1
                switch character {
                case "A": row = max(0, row - count)
                case "C": column = min(columns - 1, column + count)
                case "D": column = max(0, column - count)
                case "G": column = count - 1
                case "K":
                    if parameter == "2" {
                        rows[row] = []
                    } else {
                        eraseToEnd()
                    }
                case "J":
                    if parameter == "2" {
                        rows = [[]]
                    } else {
                        rows = Array(rows.prefix(row + 1))
                        eraseToEnd()
                    }
                case "H": (row, column) = (0, 0)
                default: break
                }
                return
            }
            parameter.append(character)
        }
    }

    /// Behind a full row the cursor still stands on its last cell.
    private mutating func eraseToEnd() {
        rows[row] = Array(rows[row].prefix(min(column, columns - 1)))
    }

    /// Rows without blanks at their ends.
    var text: [String] {
        var lines = rows.map { line -> String in
            var line = line.filter { $0 != "\0" }
            while line.last == " " { line.removeLast() }
            return String(line)
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }
}

@Suite("Line editor")
struct LineEditorTests {
    /// What a user sees and the editor returns after bytes were typed.
    static func type(
        _ input: String, columns: Int = 100, history: [String] = [], continues: Bool = false
    ) -> (outcome: LineEditor.Outcome?, screen: Screen, history: History) {
        let record = History(path: nil)
        for line in history { record.add(line) }
        var bytes = Array(input.utf8)[...]
        var screen = Screen(columns: columns)
        var frozen: Screen?
        let editor = LineEditor(
            history: record,
            next: {
                // The screen as it is when all input was handled.
                if bytes.isEmpty { frozen = screen }
                return bytes.popFirst()
            },
            hasPendingInput: { false },
            write: { text in screen.write(text) }, size: { (columns, 40) })
        let outcome = editor.readLine(
            Prompt(
                placeholder: "Send a message (/? for help)",
                continuationPlaceholder: "Press Enter to send", continues: continues))
        return (frozen == nil ? outcome : nil, frozen ?? screen, record)
    }

    @Test("an empty line shows the placeholder, and again when it is empty again")
    func placeholder() {
        let start = Self.type("").screen
        #expect(start.text == [">>> Send a message (/? for help)"])
        #expect(start.column == 4)
        #expect(Self.type("a").screen.text == [">>> a"])
        #expect(Self.type("a\u{7F}").screen.text == [">>> Send a message (/? for help)"])
    }

    @Test(
        "keys edit as recorded",
        arguments: [
            ("one two three", ">>> one two three", 17),
            ("one two three\u{01}", ">>> one two three", 4),
            ("one two three\u{01}X", ">>> Xone two three", 5),
            ("one two three\u{01}X\u{05}Y", ">>> Xone two threeY", 19),
            ("Xone two threeY\u{17}", ">>> Xone two", 13),
            ("Xone two \u{1B}[D\u{1B}[D\u{7F}", ">>> Xone to", 10),
            ("Xone two \u{1B}[D\u{1B}[D\u{7F}\u{0B}", ">>> Xone t", 10),
            ("one two three\u{1B}b", ">>> one two three", 12),
            ("one two three\u{1B}bA\u{1B}b", ">>> one two Athree", 12),
            ("one two three\u{1B}b\u{1B}f", ">>> one two three", 17),
            ("one two AthreeB\u{1B}\u{7F}", ">>> one two", 12),
            ("abc\u{1B}[H\u{1B}[3~", ">>> bc", 4),
            ("abc\u{1B}[1~z\u{1B}[4~y", ">>> zabcy", 9),
            ("abc\u{02}\u{04}", ">>> ab", 6),
            ("a\tb", ">>> a        b", 14),
            ("你好吗", ">>> 你好吗", 10),
            ("你好吗\u{1B}[D\u{7F}", ">>> 你吗", 6),
            ("你好吗\u{1B}[D\u{7F}\u{15}", ">>> 吗", 4),
            ("e\u{301}x\u{7F}\u{7F}y", ">>> y", 5),
        ])
    func keys(_ input: String, _ row: String, _ column: Int) {
        let screen = Self.type(input).screen
        #expect(screen.text == [row])
        #expect(screen.column == column)
    }

    @Test("long lines go on behind dots")
    func long() {
        let text = String(repeating: "abcdefghij ", count: 12)
        let screen = Self.type(text, columns: 60).screen
        #expect(
            screen.text == [
                ">>> abcdefghij abcdefghij abcdefghij abcdefghij abcdefghij a",
                "... bcdefghij abcdefghij abcdefghij abcdefghij abcdefghij ab",
                "... cdefghij abcdefghij",
            ])
        #expect((screen.row, screen.column) == (2, 24))
        let home = Self.type(text + "\u{01}", columns: 60).screen
        #expect((home.row, home.column) == (0, 4))
        let wiped = Self.type(text + "\u{15}", columns: 60).screen
        #expect(wiped.text == [">>> Send a message (/? for help)"])
    }

    @Test("Ctrl-J and pasted line breaks stay in the line")
    func newlines() {
        let typed = Self.type("Who are\u{0A}").screen
        #expect(typed.text == [">>> Who are", "... Press Enter to send"])
        #expect((typed.row, typed.column) == (1, 4))
        #expect(Self.type("Who are\u{0A}you?\r").outcome == .line("Who are\nyou?"))
        let pasted = Self.type("\u{1B}[200~a\rb\u{03}\u{1B}[201~c\r")
        #expect(pasted.outcome == .line("a\nbc"))
    }

    @Test("Enter, Ctrl-C and Ctrl-D end the line below it")
    func ends() {
        let entered = Self.type("hi\r")
        #expect(entered.outcome == .line("hi"))
        #expect(entered.screen.text == [">>> hi"])
        #expect((entered.screen.row, entered.screen.column) == (1, 0))
        let interrupted = Self.type("half a line\u{03}")
        #expect(interrupted.outcome == .interrupted)
        #expect(interrupted.screen.text == [">>> half a line"])
        let left = Self.type("\u{04}")
        #expect(left.outcome == .endOfInput)
        #expect(left.screen.text == [">>>"])
        #expect(Self.type("x\u{07}").outcome == .editor("x"))
    }

    @Test("history goes back and forth and keeps what was being typed")
    func history() {
        let lines = ["first", "second"]
        #expect(Self.type("\u{1B}[A", history: lines).screen.text == [">>> second"])
        #expect(Self.type("\u{10}\u{10}\u{10}", history: lines).screen.text == [">>> first"])
        #expect(
            Self.type("new\u{1B}[A\u{1B}[A\u{1B}[B\u{1B}[B", history: lines).screen.text
                == [">>> new"])
        #expect(Self.type("third\r", history: lines).history.entries == lines + ["third"])
        #expect(Self.type("\r", history: lines).history.entries == lines)
    }

    @Test("a block goes on with dots")
    func block() {
        #expect(Self.type("", continues: true).screen.text == ["... Press Enter to send"])
    }

    @Test("Ctrl-L clears the screen and keeps the line")
    func clear() {
        let screen = Self.type("abc\u{0C}").screen
        #expect(screen.text == [">>> abc"])
        #expect((screen.row, screen.column) == (0, 7))
    }

    @Test("a placeholder never wraps")
    func narrow() {
        #expect(Self.type("", columns: 20).screen.text == [">>> Send a message"])
    }
}
