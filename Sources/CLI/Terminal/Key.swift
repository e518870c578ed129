/// What a key press means to the line editor.
enum Key: Equatable {
    case text(String)
    case enter, newline
    case left, right, home, end, wordLeft, wordRight
    case backspace, delete, deleteWord, deleteToStart, deleteToEnd
    case previous, next
    case clearScreen, interrupt, endOfInput, suspend, editor
    case pasteStart, pasteEnd
    case ignored
}

/// Turns the bytes that a terminal sends into keys.
struct KeyReader {
    /// The next byte; nil at the end of the input.
    let next: () -> UInt8?

    /// nil at the end of the input.
    func read() -> Key? {
        guard let byte = next() else { return nil }
        switch byte {
        case 0x00: return .ignored
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x07: return .editor
        case 0x08, 0x7F: return .backspace
        case 0x09: return .text("        ")
        case 0x0A: return .newline
        case 0x0B: return .deleteToEnd
        case 0x0C: return .clearScreen
        case 0x0D: return .enter
        case 0x0E: return .next
        case 0x10: return .previous
        case 0x15: return .deleteToStart
        case 0x17: return .deleteWord
        case 0x1A: return .suspend
        case 0x1B: return escape()
        case 0x20...0x7E: return .text(String(Unicode.Scalar(byte)))
        case 0xC2...0xF4: return utf8(byte)
        default: return .ignored
        }
    }

    private func utf8(_ lead: UInt8) -> Key? {
        let count = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1
        var bytes = [lead]
        for _ in 0..<count {
            guard let byte = next() else { return nil }
            bytes.append(byte)
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    private func escape() -> Key? {
        guard let byte = next() else { return nil }
        switch byte {
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case 0x08, 0x7F: return .deleteWord
        case UInt8(ascii: "["): return control()
        case UInt8(ascii: "O"):
            switch next() {
            case nil: return nil
            case UInt8(ascii: "H"): return .home
            case UInt8(ascii: "F"): return .end
            default: return .ignored
            }
        default: return .ignored
        }
    }

    /// A control sequence: parameters, then one letter or `~`.
    private func control() -> Key? {
        var parameters: [UInt8] = []
        while parameters.count < 16 {
            guard let byte = next() else { return nil }
            guard (0x40...0x7E).contains(byte) else {
                parameters.append(byte)
                continue
            }
            let text = String(decoding: parameters, as: UTF8.self)
            switch byte {
            case UInt8(ascii: "A"): return .previous
            case UInt8(ascii: "B"): return .next
            case UInt8(ascii: "C"): return text.hasPrefix("1;") ? .wordRight : .right
            case UInt8(ascii: "D"): return text.hasPrefix("1;") ? .wordLeft : .left
            case UInt8(ascii: "H"): return .home
            case UInt8(ascii: "F"): return .end
            case UInt8(ascii: "~"):
                switch text {
                case "1", "7": return .home
                case "4", "8": return .end
                case "3": return .delete
                case "200": return .pasteStart
                case "201": return .pasteEnd
                default: return .ignored
                }
            default: return .ignored
            }
        }
        return .ignored
    }
}
