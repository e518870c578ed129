import Foundation
import Glibc
import TestSupport

/// A program on a terminal of its own, and what it shows there.
final class PseudoTerminal {
    private let master: Int32
    private let process: pid_t
    private var isOpen = true
    private(set) var screen: TerminalScreen

    /// Runs `command` in a shell that reports the exit status as `[exit N]` and then asks for more.
    init(
        _ command: String, environment: [String: String], folder: String, columns: Int, rows: Int
    ) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number): (Int32, Int32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN, which the module of the C library does not name.
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0,
            ioctl(master, 0x8004_5430, &number) == 0
        else { throw ServerProcess.Failure("no pseudo terminal: \(errno)") }
        let name = "/dev/pts/\(number)"
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        _ = fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK)
        screen = TerminalScreen(columns: columns, rows: rows)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A session leader's first terminal becomes the one that Ctrl-C acts on.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID, which the module of the C library does not name.
        posix_spawnattr_setflags(&attributes, 0x80)
        // The shell lives on when Ctrl-C ends the program; another one asks for more.
        let script =
            "cd '\(folder)'; trap : INT; \(command); printf '[exit %d]\\n' $?; PS1='$ ' exec sh -i"
        func pointers(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
            texts.map { strdup($0) } + [nil]
        }
        var arguments = pointers(["/bin/sh", "-c", script])
        var variables = pointers(environment.map { "\($0.key)=\($0.value)" })
        defer { for pointer in arguments + variables { free(pointer) } }
        var child: pid_t = 0
        let status = posix_spawn(
            &child, "/bin/sh", &actions, &attributes, &arguments, &variables)
        process = child
        guard status == 0 else { throw ServerProcess.Failure("no shell: \(status)") }
    }

    deinit {
        // The shell leads a session, so that its group holds what it started.
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        close(master)
    }

    func type(_ text: String) {
        var rest = Array(text.utf8)[...]
        let deadline = Date().addingTimeInterval(10)
        while !rest.isEmpty, Date() < deadline {
            let count = rest.withUnsafeBytes { Glibc.write(master, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else { read(timeout: 20) }
        }
    }

    /// A key by the name that terminal multiplexers give it.
    func press(_ key: String) {
        let named = [
            "Up": "\u{1B}[A", "Down": "\u{1B}[B", "Right": "\u{1B}[C", "Left": "\u{1B}[D",
            "Home": "\u{1B}[1~", "End": "\u{1B}[4~", "DC": "\u{1B}[3~", "BSpace": "\u{7F}",
            "Enter": "\r", "Escape": "\u{1B}",
        ]
        if let bytes = named[key] {
            type(bytes)
        } else if key.hasPrefix("C-"), let letter = key.utf8.last {
            type(String(Unicode.Scalar(letter & 0x1F)))
        } else if key.hasPrefix("M-") {
            type("\u{1B}")
            press(String(key.dropFirst(2)))
        } else {
            type(key)
        }
    }

    /// Waits until the screen is as wanted; gives up when nothing was shown for `quiet` seconds or
    /// after `limit`.
    func wait(
        quiet: Double = 15, limit: Double = 60, until isReached: (TerminalScreen) -> Bool
    ) -> Bool {
        let deadline = Date().addingTimeInterval(limit)
        var last = Date()
        while true {
            if isReached(screen) { return true }
            let now = Date()
            if !isOpen || now > deadline || now.timeIntervalSince(last) > quiet { return false }
            if read(timeout: 100) { last = Date() }
        }
    }

    /// Takes what was written within `timeout` milliseconds; whether there was something.
    @discardableResult
    private func read(timeout: Int32) -> Bool {
        var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, timeout) > 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(master, &bytes, bytes.count)
        if count > 0 {
            screen.write(bytes[..<count])
            return true
        }
        if count == 0 || (errno != EAGAIN && errno != EIO) { isOpen = false }
        // Nobody has the other end open yet, or any longer.
        if count < 0, errno == EIO { usleep(10_000) }
        return false
    }
}
