import Engine
import Tokenization

/// Texts of a worker whose pages the disk does not have yet.
///
/// Lives on the worker's thread and copies a few pages at a time for the one that writes.
struct PageSaving {
    private struct Text {
        let tokens: [Token]
        /// Last one first.
        var missing: [MissingPage]
    }

    let shelf: PageShelf
    private var texts: [Text] = []

    /// Texts that wait; of more, the oldest are forgotten.
    private static let mostTexts = 64
    /// Bytes that a round of the worker copies at most, a page at least: a fraction of a
    /// millisecond.
    private static let roundBytes = 2 << 20

    init(_ shelf: PageShelf) { self.shelf = shelf }

    var hasWork: Bool { !texts.isEmpty }

    mutating func add(_ tokens: [Token], _ missing: [MissingPage]) {
        guard !missing.isEmpty else { return }
        if texts.count == Self.mostTexts { texts.removeFirst() }
        texts.append(Text(tokens: tokens, missing: missing.reversed()))
    }

    /// Hands some pages over; those that the session no longer has are skipped.
    ///
    /// - Parameter done: called on another thread whenever there is room for more.
    /// - Returns: whether nothing more can be handed over now.
    mutating func copySome(
        from session: Session, then done: @escaping @Sendable () -> Void
    ) -> Bool {
        var bytes = 0
        while !texts.isEmpty, bytes == 0 || bytes + shelf.pageBytes <= Self.roundBytes {
            guard shelf.reserve() else { return true }
            guard let page = texts[0].missing.popLast() else {
                shelf.giveBack()
                texts.removeFirst()
                continue
            }
            guard let data = session.copyPage(page.number, of: texts[0].tokens) else {
                // Those behind it are gone as well, or no use without it.
                shelf.giveBack()
                texts.removeFirst()
                continue
            }
            shelf.write(data, as: page, of: texts[0].tokens, then: done)
            bytes += data.count
        }
        return texts.isEmpty
    }
}
