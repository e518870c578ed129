/// An open sequence: its tokens and its pages in order.
@safe
struct OpenSequence {
    let number: Int
    var tokens: [Token] = []
    var path: [PrefixTree.Index] = []
    /// What attention reads: one entry for each page that the context may take.
    let pages: UnsafeMutablePointer<UnsafeRawPointer?>
    /// Whether positions were moved: then its pages are found by no other sequence.
    var isDetached = false

    init(number: Int, contextLength: Int) {
        self.number = number
        let count = PageLayout.pages(for: contextLength)
        unsafe pages = .allocate(capacity: count)
        unsafe pages.initialize(repeating: nil, count: count)
    }

    mutating func append(
        _ node: PrefixTree.Index, _ page: UnsafeRawPointer, _ added: ArraySlice<Token>
    ) {
        unsafe pages[path.count] = unsafe page
        path.append(node)
        tokens.append(contentsOf: added)
    }

    /// Keeps the first pages; the tokens are the caller's.
    mutating func cut(pages count: Int) {
        path.removeSubrange(count...)
    }

    func deallocate() {
        unsafe pages.deallocate()
    }
}
