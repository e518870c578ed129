import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Memory that a model needs beside its mapped weights, against what the machine has left.
enum MemoryEstimate {
    /// Bytes that can be allocated without pushing others out; nil where the system does not say.
    ///
    /// The least of the machine's available memory and what the control group still allows.
    static func available() -> Int? {
        let machine = fileText("/proc/meminfo").flatMap(availableBytes(inMeminfo:))
        guard let limit = fileText("/sys/fs/cgroup/memory.max").flatMap(number),
            let used = fileText("/sys/fs/cgroup/memory.current").flatMap(number)
        else { return machine }
        // File cache counts as used, but is given back before anything is killed.
        let cache =
            fileText("/sys/fs/cgroup/memory.stat").flatMap { field("file ", in: $0) } ?? 0
        let group = max(0, limit - max(0, used - cache))
        return machine.map { min($0, group) } ?? group
    }

    static func availableBytes(inMeminfo text: String) -> Int? {
        field("MemAvailable:", in: text).map { $0 * 1024 }
    }

    /// What adapters leave, whose matrices are held as F32.
    ///
    /// - Throws: the refusal when they do not fit.
    static func left(of available: Int?, after adapters: [GGUFFile]) throws(LoadFailure) -> Int? {
        guard let available else { return nil }
        let needed = adapters.reduce(0) { sum, file in
            file.tensors.reduce(sum) { $0 + $1.elementCount * 4 }
        }
        guard needed <= available else {
            throw .memory(
                "model requires more system memory (\(text(needed))) than is available "
                    + "(\(text(available))) for its adapters")
        }
        return available - needed
    }

    /// KV cache of `sequences` full windows, saturating.
    static func cacheBytes(perPosition: Int, window: Int, sequences: Int) -> Int {
        let one = perPosition.multipliedReportingOverflow(by: window)
        let all = one.partialValue.multipliedReportingOverflow(by: sequences)
        return one.overflow || all.overflow ? Int.max : all.partialValue
    }

    /// Sequences, at most `wanted`, whose full windows fit in `available`.
    ///
    /// - Throws: the refusal when not even one fits.
    static func sequences(
        perPosition: Int, window: Int, wanted: Int, available: Int?
    ) throws(LoadFailure) -> Int {
        guard let available else { return wanted }
        let one = cacheBytes(perPosition: perPosition, window: window, sequences: 1)
        guard one <= available else {
            throw .memory(
                "model requires more system memory (\(text(one))) than is available "
                    + "(\(text(available))) for a context of \(window) tokens; lower num_ctx")
        }
        return one > 0 ? max(1, min(wanted, available / one)) : wanted
    }

    /// `3.1 GiB`, `512.0 MiB`.
    static func text(_ bytes: Int) -> String {
        let (unit, size) =
            bytes >= 1 << 30 ? ("GiB", Double(1 << 30)) : ("MiB", Double(1 << 20))
        let tenths = (Double(bytes) / size * 10).rounded()
        return "\(tenths / 10) \(unit)"
    }

    private static func field(_ name: String, in text: String) -> Int? {
        for line in text.utf8.split(separator: UInt8(ascii: "\n"))
        where line.starts(with: name.utf8) {
            let digits = line.dropFirst(name.utf8.count).drop { $0 == 0x20 || $0 == 0x09 }
                .prefix { (0x30...0x39).contains($0) }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }

    private static func number(_ text: String) -> Int? { Int(text.trimmingWhitespace()) }

    /// Text of a small file of the system; nil when it cannot be read.
    private static func fileText(_ path: String) -> String? {
        #if os(Linux)
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(file, &bytes, bytes.count)
            return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
        #else
            return nil
        #endif
    }
}
