/// Takes the tags off an answer that stands in a pair of them. One per answer.
///
/// Without the opening tag at its beginning an answer stays as it is.
public struct AnswerTagParser: OutputParser {
    private enum State { case searching, inside, content }

    private let open: [UInt8]
    private let close: [UInt8]
    private var state = State.searching
    private var held: [UInt8] = []

    public init(open: String, close: String) {
        self.open = Array(open.utf8)
        self.close = Array(close.utf8)
    }

    public mutating func consume(_ text: String) -> [OutputPiece] {
        held += text.utf8
        return read(isFinal: false)
    }

    public mutating func finish() -> [OutputPiece] { read(isFinal: true) }

    private mutating func take(_ count: Int) -> String {
        defer { held.removeFirst(count) }
        return String(decoding: held.prefix(count), as: UTF8.self)
    }

    private mutating func read(isFinal: Bool) -> [OutputPiece] {
        var pieces: [OutputPiece] = []
        if state == .searching {
            let space = held.prefix { $0.isSpace }.count
            let rest = held[space...]
            if rest.starts(with: open) {
                pieces.append(.markup(take(space + open.count)))
                state = .inside
            } else if !isFinal, open.starts(with: rest) {
                return []
            } else {
                state = .content
            }
        }
        if state == .inside, let end = held.firstOccurrence(of: close) {
            if end > 0 { pieces.append(.content(take(end))) }
            pieces.append(.markup(take(close.count)))
            state = .content
        }
        let kept = state == .inside && !isFinal ? held.partialSuffix(of: close) : 0
        if held.count > kept { pieces.append(.content(take(held.count - kept))) }
        return pieces
    }
}
