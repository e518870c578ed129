import GGUF

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a model's matrices are while it is loaded.
public enum WeightPlacement: Sendable {
    /// In the mapped file: loads at once and shares memory with other processes.
    case mapped
    /// In a copy in huge pages, which decodes up to a third faster; in the mapped file where
    /// memory does not suffice.
    case copied
    /// Copied when the system has at least twice the file's size to spare, else mapped.
    case automatic

    func copies(_ file: GGUFFile) -> Bool {
        switch self {
        case .mapped: false
        case .copied: true
        case .automatic:
            WeightPlacement.availableMemory().map { $0 / 2 >= file.fileSize } ?? false
        }
    }

    /// Bytes that programs may take without swapping; nil where the system does not tell.
    private static func availableMemory() -> Int? {
        guard let file = unsafe fopen("/proc/meminfo", "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("MemAvailable:") }),
            let size = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return size << 10
    }
}
