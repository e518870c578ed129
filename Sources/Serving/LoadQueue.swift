import API
import DequeModule

/// The line before the one place where models are loaded. Used inside the scheduler only.
struct LoadQueue {
    struct Ticket: Hashable { fileprivate let number: Int }

    private var isBusy = false
    private var isClosed = false
    private var lastNumber = 0
    private var waiting: Deque<(ticket: Ticket, continuation: CheckedContinuation<Bool, Never>)> =
        []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes the place if it is free.
    ///
    /// - Returns: nil when the place is taken by the call; else the ticket to wait with.
    /// - Throws: 503 when too many wait already.
    mutating func enter() throws(APIError) -> Ticket? {
        guard !isClosed else { throw Self.closed }
        guard isBusy else {
            isBusy = true
            return nil
        }
        guard waiting.count < limit else { throw Self.full }
        lastNumber += 1
        return Ticket(number: lastNumber)
    }

    /// `continuation` gets true when the place is taken over, false when the wait is over without it.
    mutating func wait(_ ticket: Ticket, _ continuation: CheckedContinuation<Bool, Never>) {
        if isClosed { return continuation.resume(returning: false) }
        // The place may have become free between `enter` and now.
        guard isBusy else {
            isBusy = true
            return continuation.resume(returning: true)
        }
        waiting.append((ticket, continuation))
    }

    mutating func cancel(_ ticket: Ticket) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }

    /// Gives the place to the next in line.
    mutating func leave() {
        if let next = waiting.popFirst() {
            next.continuation.resume(returning: true)
        } else {
            isBusy = false
        }
    }

    /// Sends everybody away for good.
    mutating func close() {
        isClosed = true
        for (_, continuation) in waiting { continuation.resume(returning: false) }
        waiting = []
    }

    static let full = APIError(
        503, "server busy, please try again.  maximum pending requests exceeded")
    static let closed = APIError(503, "server is shutting down")
}
