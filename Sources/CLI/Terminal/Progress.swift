import Synchronization

/// A line of a progress display.
protocol ProgressLine: AnyObject, Sendable {
    /// The line's present text for a terminal of `columns` columns.
    func text(columns: Int) -> String
    func stop()
}

/// Lines on stderr that are drawn anew ten times a second while work goes on.
///
/// Every frame overwrites the one before it. All state is behind one lock.
final class Progress: Sendable {
    private struct State {
        var lines: [any ProgressLine] = []
        var drawn = 0
        var ticker: Task<Void, Never>?
        var isStopped = false
    }
    private let state = Mutex(State())
    private let columns: @Sendable () -> Int
    private let limit: @Sendable () -> Int?
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - columns: Columns that lines are laid out for.
    ///   - limit: Where the terminal's edge is; nil without a terminal. Lines that are drawn again are
    ///     cut there, because a frame is counted in lines.
    init(
        columns: @escaping @Sendable () -> Int = { Console.columns },
        write: @escaping @Sendable (String) -> Void = { Console.error($0) },
        limit: @escaping @Sendable () -> Int? = {
            Console.errorIsTerminal ? Console.columns : nil
        }
    ) {
        self.columns = columns
        self.limit = limit
        self.write = write
    }

    func add(_ line: some ProgressLine) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.lines.append(line)
            if state.ticker == nil {
                state.ticker = Task { [weak self] in
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .milliseconds(100))
                        guard !Task.isCancelled, let self else { return }
                        self.tick()
                    }
                }
            }
        }
    }

    /// Draws the last state of every line, leaves it there and ends the display.
    func stop() {
        if finish(cutting: false) { write("\n") }
    }

    /// Ends the display and wipes its lines.
    ///
    /// Without effect when it has ended already.
    func stopAndClear() {
        let isFirst = state.withLock { !$0.isStopped }
        guard isFirst else { return }
        write("\u{1B}[?25l")
        if finish(cutting: true) {
            let drawn = state.withLock { $0.drawn }
            for line in 0..<drawn {
                if line > 0 { write("\u{1B}[A") }
                write("\u{1B}[2K\u{1B}[1G")
            }
        }
        write("\u{1B}[?25h")
    }

    /// Runs work under a display that is wiped afterwards.
    static func cleared<Result>(_ body: (Progress) async throws -> Result) async rethrows -> Result
    {
        let progress = Progress()
        defer { progress.stopAndClear() }
        return try await body(progress)
    }

    /// Draws the last frame; false when the display had ended before.
    private func finish(cutting: Bool) -> Bool {
        state.withLock { state in
            guard !state.isStopped else { return false }
            state.isStopped = true
            state.ticker?.cancel()
            state.ticker = nil
            for line in state.lines { line.stop() }
            draw(&state, cutting: cutting)
            return true
        }
    }

    /// Draws a frame.
    func tick() {
        state.withLock { state in
            if !state.isStopped { draw(&state, cutting: true) }
        }
    }

    private func draw(_ state: inout State, cutting: Bool) {
        let edge = limit()
        let columns = columns()
        var frame = "\u{1B}[?2026h\u{1B}[?25l"
        for _ in 0..<max(0, state.drawn - 1) { frame += "\u{1B}[A" }
        frame += "\u{1B}[1G"
        for (index, line) in state.lines.enumerated() {
            let text = line.text(columns: columns)
            let shown = cutting ? edge.map { cut(text, columns: $0) } ?? text : text
            // Behind a full row the cursor still stands on its last cell, which erasing would take.
            let width = displayWidth(shown)
            let isFull = edge.map { width > 0 && width.isMultiple(of: $0) } ?? false
            frame += shown + (isFull ? "" : "\u{1B}[K")
            if index < state.lines.count - 1 { frame += "\n" }
        }
        state.drawn = state.lines.count
        write(frame + "\u{1B}[?25h\u{1B}[?2026l")
    }
}

/// The beginning of a text that fits into so many columns.
private func cut(_ text: String, columns: Int) -> String {
    var width = 0
    return String(
        text.prefix { character in
            width += displayWidth(character)
            return width <= columns
        })
}

/// A message and a turning sign.
final class Spinner: ProgressLine {
    private struct State {
        var message: String
        var stoppedAt: UInt64?
    }
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private let state: Mutex<State>
    private let started = Clock.ticks

    init(_ message: String) { state = Mutex(State(message: message)) }

    func setMessage(_ message: String) { state.withLock { $0.message = message } }

    func stop() {
        state.withLock { if $0.stoppedAt == nil { $0.stoppedAt = Clock.ticks } }
    }

    func text(columns: Int) -> String {
        let state = state.withLock { $0 }
        var text = state.message.isEmpty ? "" : trimmed(state.message) + " "
        if state.stoppedAt == nil {
            let frame = Int((Clock.ticks - started) / 100_000_000) % Self.frames.count
            text += Self.frames[frame] + " "
        }
        return text
    }

    private func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " || text.last == "\n" { text.removeLast() }
        while text.first == " " || text.first == "\n" { text.removeFirst() }
        return String(text)
    }
}
