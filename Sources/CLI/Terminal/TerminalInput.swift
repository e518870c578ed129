#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import Dispatch
import Synchronization

/// The terminal on stdin: single bytes, raw mode, and the promise that raw mode never outlives the
/// process.
final class TerminalInput: Sendable {
    private struct State {
        var buffered: [UInt8] = []
        var original: termios?
    }
    private let state = Mutex(State())

    init() {
        for number in [SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The source is its own owner: it stays in force until the process ends.
            source.setEventHandler { [self] in
                _ = source
                restore()
                exit(128 + number)
            }
            source.resume()
        }
        Interrupts.shared.beforeExit { [self] in restore() }
    }

    private func restore() {
        leaveRawMode()
        Console.out("\u{1B}[?2004l")
    }

    /// Keys come one by one, without echo and without signals.
    ///
    /// Line feeds still return the carriage. What was typed ahead stays; the terminal wrote a line feed
    /// for each Enter in it and a zero for each Ctrl-D, which are again what they were.
    func enterRawMode() {
        state.withLock { state in
            guard state.original == nil else { return }
            var mode = termios()
            guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
            state.original = mode
            mode.c_iflag &= ~tcflag_t(
                IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
            mode.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
            mode.c_cflag &= ~tcflag_t(CSIZE | PARENB)
            mode.c_cflag |= tcflag_t(CS8)
            tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            guard Self.hasUnread else { return }
            // No more than this fits into a terminal's buffer.
            var typed = [UInt8](repeating: 0, count: 4096)
            let count = max(0, read(STDIN_FILENO, &typed, typed.count))
            state.buffered += typed[..<count].map { $0 == 0x0A ? 0x0D : $0 == 0 ? 0x04 : $0 }
        }
    }

    func leaveRawMode() {
        state.withLock { state in
            guard var mode = state.original else { return }
            tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            state.original = nil
        }
    }

    /// Waits for the next byte; nil at the end of the input.
    func next() -> UInt8? {
        if let byte = state.withLock({ $0.buffered.isEmpty ? nil : $0.buffered.removeFirst() }) {
            return byte
        }
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            state.withLock { $0.buffered = Array(chunk[1..<count]) }
            return chunk[0]
        }
    }

    var hasPending: Bool {
        state.withLock { !$0.buffered.isEmpty } || Self.hasUnread
    }

    private static var hasUnread: Bool {
        var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0
    }

    /// Stops the process as Ctrl-Z does and goes on when the shell lets it.
    func suspend() {
        leaveRawMode()
        // Sent to the process, it might reach another thread, and this one would go on for a while.
        raise(SIGSTOP)
        enterRawMode()
    }
}
