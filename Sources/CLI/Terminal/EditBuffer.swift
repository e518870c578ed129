/// The text of one input line (which may hold line breaks) and the place of the cursor in it.
struct EditBuffer: Equatable {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var isAtEnd: Bool { cursor == characters.count }

    /// Puts text at the cursor.
    ///
    /// Marks that combine with the character before it join that one.
    mutating func insert(_ text: String) {
        var added = Array(text)
        if cursor > 0, let first = added.first {
            let joined = Array(String(characters[cursor - 1]) + String(first))
            if joined.count == 1 {
                characters[cursor - 1] = joined[0]
                added.removeFirst()
            }
        }
        characters.insert(contentsOf: added, at: cursor)
        cursor += added.count
    }

    mutating func deleteBackward() {
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
    }

    mutating func deleteForward() {
        if !isAtEnd { characters.remove(at: cursor) }
    }

    mutating func deleteToStart() {
        characters.removeSubrange(..<cursor)
        cursor = 0
    }

    mutating func deleteToEnd() { characters.removeSubrange(cursor...) }

    /// From the cursor back over blanks and the word before them.
    mutating func deleteWord() {
        let start = wordStart
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    mutating func moveLeft() { cursor = max(0, cursor - 1) }
    mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
    mutating func moveToStart() { cursor = 0 }
    mutating func moveToEnd() { cursor = characters.count }
    mutating func moveWordLeft() { cursor = wordStart }

    /// To the end of the next word.
    mutating func moveWordRight() {
        while !isAtEnd, characters[cursor].isWhitespace { cursor += 1 }
        while !isAtEnd, !characters[cursor].isWhitespace { cursor += 1 }
    }

    private var wordStart: Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }
}
