/// Splits a stream of text into content and thinking. One per answer.
///
/// Text may come in pieces of any size; whatever may still turn out to be a tag is held back.
public struct ThinkingParser: OutputParser {
    private enum State {
        case searching, afterOpen, inside, afterClose, content
    }

    private let open: [Unicode.Scalar]
    private let close: [Unicode.Scalar]
    private var state: State
    private var held: [Unicode.Scalar] = []

    /// - Parameter startsInside: the prompt itself ends with the opening tag.
    public init(open: String, close: String, startsInside: Bool) {
        self.open = Array(open.unicodeScalars)
        self.close = Array(close.unicodeScalars)
        state = startsInside ? .afterOpen : .searching
    }

    public mutating func consume(_ text: String) -> [OutputPiece] {
        held += text.unicodeScalars
        var pieces: [OutputPiece] = []
        while advance(&pieces) {}
        return pieces
    }

    /// What was held back, when the answer ends.
    public mutating func finish() -> [OutputPiece] {
        defer { held = [] }
        guard !held.isEmpty else { return [] }
        switch state {
        case .searching, .content: return [.content(string(held))]
        case .inside: return [.thinking(string(held))]
        case .afterOpen, .afterClose: return [.markup(string(held))]
        }
    }

    private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private mutating func drop(_ count: Int, _ pieces: inout [OutputPiece]) {
        if count > 0 { pieces.append(.markup(string(held[..<count]))) }
        held.removeFirst(count)
    }

    /// One change of state; false when more text is needed.
    private mutating func advance(_ pieces: inout [OutputPiece]) -> Bool {
        switch state {
        case .searching:
            let text = held.drop { $0.isWhiteSpace }
            if text.isEmpty { return false }
            if text.starts(with: open) {
                drop(held.count - text.count + open.count, &pieces)
                state = .afterOpen
            } else if open.starts(with: text) {
                return false
            } else {
                state = .content
            }
        case .afterOpen, .afterClose:
            drop(held.prefix { $0.isWhiteSpace }.count, &pieces)
            if held.isEmpty { return false }
            state = state == .afterOpen ? .inside : .content
        case .inside:
            if let end = held.firstOccurrence(of: close) {
                if end > 0 { pieces.append(.thinking(string(held[..<end]))) }
                held.removeFirst(end)
                drop(close.count, &pieces)
                state = .afterClose
                return true
            }
            let kept = held.partialSuffix(of: close)
            let count = held.count - kept
            if count > 0 { pieces.append(.thinking(string(held[..<count]))) }
            held.removeFirst(count)
            return false
        case .content:
            if !held.isEmpty { pieces.append(.content(string(held))) }
            held = []
            return false
        }
        return true
    }
}

extension Array where Element: Equatable {
    /// Length of the longest end of the array with which `needle` begins, but is not complete.
    func partialSuffix(of needle: [Element]) -> Int {
        var length = Swift.min(count, needle.count - 1)
        while length > 0 {
            if suffix(length).elementsEqual(needle.prefix(length)) { return length }
            length -= 1
        }
        return 0
    }
}
