/// The pages of all sequences, running and ended, as a tree of common prefixes.
///
/// A node is one page with the tokens whose keys and values it holds; its ancestors are the pages
/// before it. A full page is shared by every sequence that goes through it; a page that is not
/// full belongs to one sequence, or to none once that has ended. Ended pages stay until the budget
/// is spent; then the leaf that was used least recently goes first.
///
/// Pages of shifted sequences are detached: their values were computed in another context, so
/// no other sequence may find them.
@safe
struct PrefixTree {
    typealias Index = Int

    @safe
    struct Node {
        var page: UnsafeMutableRawPointer
        var tokens: [Token] = []
        /// The page before; `root` at the start of a sequence.
        var parent: Index
        var children: [Index] = []
        /// Open sequences that go through it.
        var users = 0
        var lastUse = 0
        var isDetached = false
    }

    static let root: Index = 0

    private(set) var nodes: [Node]
    private var freeNodes: [Index] = []
    private var clock = 0
    /// Pages in use, those of ended sequences included.
    private(set) var pageCount = 0
    let budget: Int
    let layout: PageLayout
    private var blocks: PageBlocks

    init(_ layout: PageLayout, budget: Int) {
        self.layout = layout
        self.budget = budget
        blocks = PageBlocks(pageBytes: layout.byteCount, most: budget)
        // The root has no page of its own; its pointer is never followed.
        nodes = unsafe [Node(page: UnsafeMutableRawPointer(bitPattern: 64)!, parent: -1)]
    }

    /// Frees all pages.
    mutating func removeAll() {
        blocks = PageBlocks(pageBytes: layout.byteCount, most: budget)
        nodes.removeSubrange(1...)
        nodes[0].children = []
        freeNodes = []
        pageCount = 0
    }

    var cacheBytes: Int { pageCount * layout.byteCount }

    // MARK: Pages

    /// A page with undefined contents; ended sequences give theirs up when the budget is spent.
    mutating func makePage() throws(EngineError) -> UnsafeMutableRawPointer {
        while pageCount >= budget, evict() {}
        while true {
            if let page = unsafe blocks.take() {
                pageCount += 1
                return unsafe page
            }
            guard evict() else {
                throw EngineError(
                    .outOfMemory, "cache page: \(layout.byteCount) bytes are not available")
            }
        }
    }

    mutating func dropPage(_ page: UnsafeMutableRawPointer) {
        unsafe blocks.give(page)
        pageCount -= 1
    }

    /// Whether an ended page could be given up.
    private mutating func evict() -> Bool {
        var victim: Index?
        for index in 1..<max(1, nodes.count) {
            let isFree = nodes[index].parent >= 0 && nodes[index].users == 0
            if isFree, nodes[index].children.isEmpty,
                nodes[index].lastUse < victim.map({ nodes[$0].lastUse }) ?? .max
            {
                victim = index
            }
        }
        guard let victim else { return false }
        remove(victim)
        return true
    }

    private mutating func remove(_ index: Index) {
        let parent = nodes[index].parent
        if !nodes[index].isDetached {
            nodes[parent].children.removeAll { $0 == index }
        }
        unsafe dropPage(nodes[index].page)
        nodes[index].parent = -1
        nodes[index].tokens = []
        nodes[index].children = []
        freeNodes.append(index)
    }

    // MARK: Nodes

    /// A new node after `parent`, used by one sequence.
    ///
    /// Takes the page over.
    mutating func add(
        _ page: UnsafeMutableRawPointer, after parent: Index, tokens: [Token], isDetached: Bool
    ) -> Index {
        let node = unsafe Node(
            page: page, tokens: tokens, parent: parent, users: 1, isDetached: isDetached)
        let index: Index
        if let free = freeNodes.popLast() {
            index = free
            nodes[index] = node
        } else {
            index = nodes.count
            nodes.append(node)
        }
        if !isDetached { nodes[parent].children.append(index) }
        return index
    }

    mutating func append(_ tokens: ArraySlice<Token>, to index: Index) {
        nodes[index].tokens.append(contentsOf: tokens)
    }

    mutating func use(_ index: Index) {
        nodes[index].users += 1
    }

    /// Ends one sequence's use of its pages.
    ///
    /// Detached pages that nobody uses go at once.
    mutating func release(_ path: some BidirectionalCollection<Index>) {
        clock += 1
        for index in path.reversed() {
            nodes[index].users -= 1
            nodes[index].lastUse = clock
            let isEmpty = nodes[index].tokens.isEmpty
            if nodes[index].users == 0, nodes[index].isDetached || isEmpty,
                nodes[index].children.isEmpty
            {
                remove(index)
            }
        }
    }

    /// The child of `parent` that shares the most first tokens with `tokens`, and how many.
    func bestChild(of parent: Index, for tokens: ArraySlice<Token>) -> (Index, Int)? {
        var best: (Index, Int)?
        for child in nodes[parent].children {
            var common = 0
            for (mine, other) in zip(nodes[child].tokens, tokens) {
                if mine != other { break }
                common += 1
            }
            if common > best?.1 ?? 0 { best = (child, common) }
        }
        return best
    }

    /// Whether one sequence uses the page and nothing follows it but pages of `others`.
    func isOwned(_ index: Index, apartFrom others: Set<Index>) -> Bool {
        nodes[index].users == 1 && nodes[index].children.allSatisfy { others.contains($0) }
    }

    /// Forgets the tokens of a page behind the first `count`.
    mutating func keep(_ count: Int, of index: Index) {
        nodes[index].tokens.removeSubrange(count...)
    }

    /// Whether nobody uses the page and nothing follows it, so that a sequence may grow in it.
    func isFree(_ index: Index) -> Bool {
        nodes[index].users == 0 && nodes[index].children.isEmpty
    }

    /// Copies keys and values of the first `count` positions.
    func copy(_ count: Int, from source: UnsafeRawPointer, to page: UnsafeMutableRawPointer) {
        for (layer, heads) in layout.headCounts.enumerated() {
            for head in 0..<2 * heads {
                let offset = layout.keys(layer: layer, head: head)
                unsafe (page + offset).copyMemory(
                    from: source + offset, byteCount: count * layout.rowBytes)
            }
        }
    }
}
