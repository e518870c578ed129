/// Neighbours that may merge, best first; a binary heap.
///
/// Both tokenizers merge greedily: the pair of best rank anywhere in the word, the leftmost of equals.
struct MergeQueue {
    struct Candidate {
        /// Smaller is better.
        var rank: Float
        var left: Int32
        var right: Int32
        /// What the two symbols were when the candidate was found; another value means it is stale.
        var leftSymbol: Int32
        var rightSymbol: Int32
        var merged: Int32

        func precedes(_ other: Candidate) -> Bool {
            rank != other.rank ? rank < other.rank : left < other.left
        }
    }

    private var heap: [Candidate] = []

    var isEmpty: Bool { heap.isEmpty }
    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    mutating func push(_ candidate: Candidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Candidate? {
        guard let best = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
                guard heap[child].precedes(heap[parent]) else { break }
                heap.swapAt(child, parent)
                parent = child
            }
        }
        return best
    }
}

/// Symbols of a word as a linked list; merging unlinks the right one.
struct SymbolList {
    /// -1: merged away.
    var symbols: [Int32] = []
    /// Byte range of each in the word.
    var starts: [Int32] = []
    var ends: [Int32] = []
    private(set) var previous: [Int32] = []
    private(set) var next: [Int32] = []

    mutating func removeAll() {
        symbols.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
    }

    mutating func append(_ symbol: Int32, _ start: Int, _ end: Int) {
        let index = Int32(symbols.count)
        if index > 0 { next[Int(index) - 1] = index }
        symbols.append(symbol)
        starts.append(Int32(start))
        ends.append(Int32(end))
        previous.append(index - 1)
        next.append(-1)
    }

    mutating func merge(_ left: Int32, _ right: Int32, into symbol: Int32) {
        let l = Int(left)
        let r = Int(right)
        symbols[l] = symbol
        symbols[r] = -2
        ends[l] = ends[r]
        next[l] = next[r]
        if next[r] >= 0 { previous[Int(next[r])] = left }
    }
}
