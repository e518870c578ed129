import FoundationEssentials

/// Most memory the process has had resident, in bytes; 0 where the system does not tell.
func peakMemory() -> Int {
    // Files below /proc have no size, so they are read to their end.
    guard let data = try? Data(contentsOf: URL(filePath: "/proc/self/status")) else { return 0 }
    return peakMemory(status: String(decoding: data, as: UTF8.self))
}

/// The `VmHWM` line of a process's status, in kibibytes there.
func peakMemory(status: String) -> Int {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
        let digits = line.utf8.filter { (48...57).contains($0) }
        return (Int(String(decoding: digits, as: UTF8.self)) ?? 0) * 1024
    }
    return 0
}
