/// Cuts a stream of bytes at newlines.
struct LineSplitter {
    /// Longest line that is taken.
    static let limit = 8 << 20

    private var pending: [UInt8] = []

    /// The lines that became complete, without their newline; empty ones are dropped.
    ///
    /// - Throws: ``ClientError`` when a line outgrows the limit.
    mutating func append(_ bytes: some Collection<UInt8>) throws(ClientError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: 0x0A) {
            pending += rest[..<newline]
            rest = rest[rest.index(after: newline)...]
            try check()
            if pending.last == 0x0D { pending.removeLast() }
            if !pending.isEmpty { lines.append(pending) }
            pending = []
        }
        pending += rest
        try check()
        return lines
    }

    /// The last line, when the stream ends without a newline.
    mutating func finish() -> [UInt8]? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
    }

    private func check() throws(ClientError) {
        if pending.count > Self.limit {
            throw ClientError(.transport, "a line of the answer is longer than \(Self.limit) bytes")
        }
    }
}
