/// The latest tokens of a sequence, and what their repetition costs.
struct Penalties {
    private let options: SamplingOptions
    private var window: [Token] = []
    private var oldest = 0
    private var sorted: [Token] = []

    init(_ options: SamplingOptions) {
        self.options = options
    }

    private var isOff: Bool {
        options.repeatLastN <= 0
            || (options.repeatPenalty == 1 && options.presencePenalty == 0
                && options.frequencyPenalty == 0)
    }

    mutating func accept(_ token: Token) {
        if isOff { return }
        if window.count < options.repeatLastN {
            window.append(token)
        } else {
            window[oldest] = token
            oldest = (oldest + 1) % window.count
        }
    }

    /// - Complexity: O(n log n) in the window.
    mutating func apply(to logits: UnsafeMutableBufferPointer<Float>) {
        if isOff || window.isEmpty { return }
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: window)
        sorted.sort()
        var first = 0
        while first < sorted.count {
            let token = sorted[first]
            var end = first + 1
            while end < sorted.count, sorted[end] == token { end += 1 }
            let count = Float(end - first)
            first = end
            guard token >= 0, Int(token) < logits.count else { continue }
            var logit = unsafe logits[Int(token)]
            if logit <= 0 {
                logit *= options.repeatPenalty
            } else {
                logit /= options.repeatPenalty
            }
            unsafe logits[Int(token)] =
                logit - count * options.frequencyPenalty - options.presencePenalty
        }
    }
}
