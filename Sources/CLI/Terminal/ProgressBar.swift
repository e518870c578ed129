import API
import Synchronization

/// How far a transfer has come, with rate and time left.
final class ProgressBar: ProgressLine {
    private struct State {
        var current: Int
        var stopped = false
        /// Amounts seen, at most one a second and the ten latest.
        var samples: [(time: UInt64, amount: Int)] = []
    }
    private let message: String
    private let total: Int
    private let clock: @Sendable () -> UInt64
    private let state: Mutex<State>

    init(
        _ message: String, total: Int, initial: Int = 0,
        clock: @escaping @Sendable () -> UInt64 = { Clock.ticks }
    ) {
        self.message = message
        self.total = total
        self.clock = clock
        state = Mutex(State(current: initial, samples: [(clock(), initial)]))
    }

    func set(_ amount: Int) {
        let now = clock()
        state.withLock { state in
            state.current = min(amount, total)
            if let last = state.samples.last, now - last.time < 1_000_000_000 { return }
            state.samples.append((now, state.current))
            if state.samples.count > 10 { state.samples.removeFirst() }
        }
    }

    func stop() { state.withLock { $0.stopped = true } }

    func text(columns: Int) -> String {
        let (current, rate) = state.withLock { ($0.current, Self.rate($0.samples)) }
        let isFinished = current >= total
        let percent = total > 0 ? Double(current) / Double(total) * 100 : 0
        let head =
            "\(message) \(rightAligned(HumanFormat.fixed(percent.rounded(.down), places: 0), 3))% "
        var tail = " "
        if isFinished {
            tail += rightAligned(HumanFormat.size(total), 6) + "       "
        } else {
            tail +=
                rightAligned(HumanFormat.size(current), 6) + "/"
                + rightAligned(HumanFormat.size(total), 6)
            if let rate {
                tail += "  " + rightAligned(HumanFormat.size(Int(rate)), 6) + "/s"
                let left = rate > 0 ? Double(total - current) / rate : .infinity
                tail += "  " + rightAligned(Self.remaining(left), 6)
            } else {
                tail += "                  "
            }
        }
        let room = columns - displayWidth(head) - displayWidth(tail) - 2
        guard room > 0 else { return head + tail }
        let filled = Int(Double(room) * percent / 100)
        return head + "▕" + String(repeating: "█", count: filled)
            + String(repeating: " ", count: room - filled) + "▏" + tail
    }

    /// Per second, from the first to the last sample; nil before there are two.
    private static func rate(_ samples: [(time: UInt64, amount: Int)]) -> Double? {
        guard let first = samples.first, let last = samples.last, last.time > first.time else {
            return nil
        }
        return Double(last.amount - first.amount) / (Double(last.time - first.time) / 1e9)
    }

    static func remaining(_ seconds: Double) -> String {
        if !seconds.isFinite || seconds >= 100 * 3600 { return "99h+" }
        let whole = Int(seconds.rounded())
        if whole >= 3600 { return "\(whole / 3600)h\(whole % 3600 / 60)m" }
        return GoDuration(nanoseconds: whole * 1_000_000_000).description
    }
}

/// Text moved to the right end of a field.
func rightAligned(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - displayWidth(text))) + text
}
