import Engine
import GGUF
import ModelStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What tells the weights and adapters of a loaded model from all others.
enum WeightIdentity {
    /// A line for the weights and one for each adapter, in their order; nil when a file is gone.
    ///
    /// Blobs of the store are known by the digest in their name. Other files are known by device,
    /// inode, size and times of change: reading gigabytes to hash them would take longer than the
    /// prompts. Embedded ones are hashed.
    static func text(of plan: LoadPlan, _ file: GGUFFile) -> String? {
        var lines: [String] = []
        switch plan.weights {
        case .file(let path):
            guard let line = line(path) else { return nil }
            lines.append("weights " + line)
        case .embedded(let weights):
            var sum: UInt64 = 0
            for tensor in file.tensors { sum = Checksum.of(file.bytes(of: tensor), seed: sum) }
            lines.append("weights \(weights.label) \(file.fileSize) \(sum)")
        }
        for path in plan.adapters {
            guard let line = line(path) else { return nil }
            lines.append("adapter " + line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The blob of the store that holds the weights; nil for others.
    static func blob(of plan: LoadPlan) -> Digest? {
        guard case .file(let path) = plan.weights else { return nil }
        return blob(path)
    }

    private static func blob(_ path: String) -> Digest? {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).suffix(2)
        guard names.first?.elementsEqual("blobs".utf8) == true else { return nil }
        return names.last.flatMap { String($0) }.flatMap(Digest.init)
    }

    private static func line(_ path: String) -> String? {
        if let digest = blob(path) { return digest.description }
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        #if canImport(Darwin)
            let (modified, changed) = (info.st_mtimespec, info.st_ctimespec)
        #else
            let (modified, changed) = (info.st_mtim, info.st_ctim)
        #endif
        return "file \(info.st_dev) \(info.st_ino) \(info.st_size) \(modified.tv_sec) "
            + "\(modified.tv_nsec) \(changed.tv_sec) \(changed.tv_nsec)"
    }
}
