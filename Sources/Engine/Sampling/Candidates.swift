#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tokens that the sampler may still choose, best first unless a filter says otherwise.
struct Candidates {
    struct Candidate: Equatable {
        var logit: Float
        var token: Token

        /// Higher logits first; of equal ones the lower token.
        @inline(__always)
        static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
            a.logit > b.logit || (a.logit == b.logit && a.token < b.token)
        }
    }

    private(set) var list: [Candidate] = []
    /// Of the list after ``weigh()``, relative to the best.
    private var weights: [Double] = []

    // MARK: Taking logits

    /// The `count` best of all logits, sorted; not-a-number counts as minus infinity.
    ///
    /// - Complexity: O(n) comparisons where few logits are among the best so far.
    mutating func takeBest(_ count: Int, of logits: UnsafeMutableBufferPointer<Float>) {
        list.removeAll(keepingCapacity: true)
        let count = min(count, logits.count)
        guard count > 0 else { return }
        if count >= logits.count / 8 {
            for index in logits.indices { unsafe list.append(Candidates.candidate(logits, index)) }
            list.sort(by: Candidate.precedes)
            list.removeSubrange(count...)
            return
        }
        // Collect what passes the worst of the best; when twice as many have come together,
        // sort and raise the bar.
        list.reserveCapacity(2 * count + 16)
        var bar = -Float.infinity
        var index = 0
        let end = logits.count
        while index < end {
            if index + 16 <= end, list.count >= count {
                let block = unsafe UnsafeRawPointer(logits.baseAddress! + index)
                    .loadUnaligned(as: SIMD16<Float>.self)
                if !any(block .> bar) {
                    index += 16
                    continue
                }
            }
            let stop = min(end, index + 16)
            while index < stop {
                let logit = unsafe logits[index]
                if logit > bar || list.count < count {
                    unsafe list.append(Candidates.candidate(logits, index))
                }
                index += 1
            }
            if list.count >= 2 * count {
                list.sort(by: Candidate.precedes)
                list.removeSubrange(count...)
                bar = list[count - 1].logit
            }
        }
        list.sort(by: Candidate.precedes)
        list.removeSubrange(min(count, list.count)...)
    }

    private static func candidate(
        _ logits: UnsafeMutableBufferPointer<Float>, _ index: Int
    ) -> Candidate {
        let logit = unsafe logits[index]
        return Candidate(logit: logit.isNaN ? -.infinity : logit, token: Token(index))
    }

    // MARK: Filters

    /// Keeps candidates whose -log p is closest to the entropy until their mass exceeds `p`.
    ///
    /// They stand in order of that closeness afterwards.
    mutating func keepTypical(_ p: Float) {
        guard p < 1, list.count > 1 else { return }
        let total = weigh()
        var entropy = 0.0
        for weight in weights where weight > 0 {
            entropy -= weight / total * log(weight / total)
        }
        var order = list.indices.map { index in
            (index: index, distance: abs(-log(weights[index] / total) - entropy))
        }
        order.sort {
            $0.distance < $1.distance || ($0.distance == $1.distance && $0.index < $1.index)
        }
        var mass = 0.0
        var kept: [Candidate] = []
        for entry in order {
            mass += weights[entry.index] / total
            kept.append(list[entry.index])
            if mass > Double(p) { break }
        }
        list = kept
    }

    /// Keeps the best until their mass reaches `p`, the crossing one included.
    mutating func keepTop(_ p: Float) {
        guard p < 1, list.count > 1 else { return }
        list.sort(by: Candidate.precedes)
        let total = weigh()
        var mass = 0.0
        for index in list.indices {
            mass += weights[index] / total
            if mass >= Double(p) {
                list.removeSubrange((index + 1)...)
                return
            }
        }
    }

    /// Keeps candidates of at least `p` times the best one's probability.
    mutating func keepLikely(_ p: Float) {
        guard p > 0, let best = list.map(\.logit).max() else { return }
        let least = best + log(p)
        let kept = list.filter { $0.logit >= least }
        if !kept.isEmpty { list = kept }
    }

    mutating func divide(by temperature: Float) {
        for index in list.indices { list[index].logit /= temperature }
    }

    /// The candidate at `unit` (0 ..< 1) of the cumulative probability.
    mutating func draw(_ unit: Double) -> Token {
        let target = weigh() * unit
        var mass = 0.0
        for (index, weight) in weights.enumerated() {
            mass += weight
            if mass >= target && weight > 0 { return list[index].token }
        }
        return list.first?.token ?? 0
    }

    /// Fills the weights and returns their sum.
    private mutating func weigh() -> Double {
        weights.removeAll(keepingCapacity: true)
        let best = list.reduce(-Float.infinity) { max($0, $1.logit) }
        var total = 0.0
        for candidate in list {
            // Without a finite best logit nothing tells candidates apart.
            let weight =
                best.isFinite
                ? Double(exp(candidate.logit - best)) : candidate.logit == best ? 1 : 0
            weights.append(weight)
            total += weight
        }
        return total
    }
}
