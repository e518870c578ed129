/// Turns the pieces of a stream of tokens into text that may be shown.
///
/// Holds text back while it ends inside a UTF-8 sequence or in what may become a stop string;
/// ends at the first stop string, which is never shown.
struct StoppableText {
    private let stops: [[UInt8]]
    private var unsent: [UInt8] = []

    init(stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

    enum Release: Equatable {
        /// More pieces are needed.
        case withheld
        case text(String)
        /// The last text: a stop string followed it.
        case stopped(String)
    }

    /// Adds the next token's bytes.
    mutating func append(_ piece: [UInt8]) -> Release {
        unsent += piece
        guard !Self.waits(unsent) else { return .withheld }
        if let position = stopPosition() {
            unsent.removeSubrange(position...)
            return .stopped(take(unsent.count))
        }
        return endsInsideStop() ? .withheld : .text(take(unsent.count))
    }

    /// What was withheld when the stream ends, without the bytes of an unfinished character.
    mutating func finish() -> String { take(unsent.count - Self.unfinishedSuffix(of: unsent)) }

    private mutating func take(_ count: Int) -> String {
        let text = String(decoding: unsent.prefix(count), as: UTF8.self)
        unsent.removeAll(keepingCapacity: true)
        return text
    }

    private func stopPosition() -> Int? {
        var earliest: Int?
        for stop in stops {
            let end = min(unsent.count - stop.count, (earliest ?? Int.max) - 1)
            guard end >= 0 else { continue }
            for start in 0...end where unsent[start...].starts(with: stop) {
                earliest = start
                break
            }
        }
        return earliest
    }

    private func endsInsideStop() -> Bool {
        stops.contains { stop in
            let longest = min(stop.count - 1, unsent.count)
            guard longest > 0 else { return false }
            return (1...longest).contains { unsent.suffix($0).elementsEqual(stop.prefix($0)) }
        }
    }

    /// Whether the end is too near to a byte that leads a character.
    ///
    /// What follows that byte is not looked at, so broken sequences come in the pieces in which
    /// Ollama's engine sends them; in valid text it is the same as asking for the unfinished bytes.
    private static func waits(_ bytes: [UInt8]) -> Bool {
        for length in 1..<4 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte >= 0xC0, byte < 0xF8, length < (byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4) {
                return true
            }
        }
        return false
    }

    /// Bytes at the end that begin a UTF-8 sequence without finishing it.
    static func unfinishedSuffix(of bytes: [UInt8]) -> Int {
        for length in 1..<4 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte & 0xC0 == 0x80 { continue }
            let needed =
                switch byte {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 1
                }
            return needed > length ? length : 0
        }
        return 0
    }
}
