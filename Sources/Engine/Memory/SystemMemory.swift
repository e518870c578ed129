/// What memory the machine has left.
public enum SystemMemory {
    /// Bytes that can be allocated without pushing others out; nil where the system does not say.
    ///
    /// The least of the machine's available memory and what the control group still allows.
    public static func available() -> Int? {
        let machine = SystemFile.text("/proc/meminfo").flatMap(available(inMeminfo:))
        guard let limit = SystemFile.text("/sys/fs/cgroup/memory.max").flatMap(number),
            let used = SystemFile.text("/sys/fs/cgroup/memory.current").flatMap(number)
        else { return machine }
        // File cache counts as used, but is given back before anything is killed.
        let cache =
            SystemFile.text("/sys/fs/cgroup/memory.stat").flatMap { field("file ", in: $0) } ?? 0
        let group = max(0, limit - max(0, used - cache))
        return machine.map { min($0, group) } ?? group
    }

    static func available(inMeminfo text: String) -> Int? {
        field("MemAvailable:", in: text).map { $0 * 1024 }
    }

    private static func field(_ name: String, in text: String) -> Int? {
        for line in text.utf8.split(separator: UInt8(ascii: "\n"))
        where line.starts(with: name.utf8) {
            return number(Substring(line.dropFirst(name.utf8.count)))
        }
        return nil
    }

    /// The number at the start, behind blanks.
    private static func number(_ text: some StringProtocol) -> Int? {
        let digits = text.utf8.drop { $0 == 0x20 || $0 == 0x09 }
            .prefix { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
