import Glibc

/// Writes a version 3 file: metadata in the order given, then tensor data, aligned.
///
/// The file appears under its name only when it is whole: temporary file, fsync, rename.
public struct GGUFWriter {
    public var metadata: Metadata
    private var tensors:
        [(
            name: String, dimensions: [Int], type: TensorType, chunkCount: Int,
            chunk: (Int) throws(GGUFError) -> [UInt8]
        )] = []

    public init() { metadata = Metadata() }

    /// Adds a tensor whose bytes `data` makes when they are written, one tensor at a time in memory.
    public mutating func add(
        _ name: String, dimensions: [Int], type: TensorType, data: @escaping () -> [UInt8]
    ) {
        tensors.append((name, dimensions, type, 1, { _ in data() }))
    }

    /// Adds a tensor whose bytes come in `chunkCount` pieces, each made when it is written, so that
    /// one piece at a time is in memory. An error of a piece ends the writing.
    public mutating func add(
        _ name: String, dimensions: [Int], type: TensorType, chunkCount: Int,
        chunk: @escaping (Int) throws(GGUFError) -> [UInt8]
    ) {
        tensors.append((name, dimensions, type, chunkCount, chunk))
    }

    /// - Throws: ``GGUFError`` when the alignment, a shape or a name cannot be written, when a
    ///   tensor's data does not have the size of its shape, or on a failing write; nothing is left
    ///   behind then.
    public func write(to path: String) throws(GGUFError) {
        // Two writers of one name each get a file of their own; the last to finish wins.
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("open", temporary) }
        var isOpen = true
        do throws(GGUFError) {
            try emit { (chunk) throws(GGUFError) in
                var done = 0
                while done < chunk.count {
                    let n = unsafe chunk.withUnsafeBytes {
                        unsafe Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
                    }
                    if n < 0, errno == EINTR { continue }
                    guard n > 0 else { throw failure("write", temporary) }
                    done += n
                }
            }
            guard fsync(descriptor) == 0 else { throw failure("sync", temporary) }
            isOpen = false
            guard close(descriptor) == 0 else { throw failure("close", temporary) }
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename", temporary) }
        } catch {
            if isOpen { close(descriptor) }
            unsafe unlink(temporary)
            throw error
        }
    }

    /// The whole file in memory.
    public func bytes() throws(GGUFError) -> [UInt8] {
        var out: [UInt8] = []
        try emit { (chunk) throws(GGUFError) in out += chunk }
        return out
    }

    private func failure(_ what: String, _ path: String) -> GGUFError {
        GGUFError(.io, "\(what) \(path): \(unsafe String(cString: strerror(errno)))")
    }

    private func emit(_ sink: ([UInt8]) throws(GGUFError) -> Void) throws(GGUFError) {
        let alignment = try metadata.integer("general.alignment") ?? 32
        guard alignment > 0, alignment <= GGUFFile.largestAlignment,
            alignment & (alignment - 1) == 0
        else {
            throw GGUFError(
                .malformed,
                "key \"general.alignment\": \(alignment) is not a power of two up to 1 MiB")
        }
        var names: Set<String> = []
        var sizes: [Int] = []
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw GGUFError(.malformed, "tensor \"\(tensor.name)\" occurs twice")
            }
            sizes.append(
                try TensorInfo.size(tensor.name, tensor.dimensions, tensor.type).bytes)
        }
        var out: [UInt8] = Array("GGUF".utf8)
        append(UInt32(3), to: &out)
        append(UInt64(tensors.count), to: &out)
        append(UInt64(metadata.keys.count), to: &out)
        for key in metadata.keys {
            append(key, to: &out)
            append(metadata[key]!, to: &out)
        }
        var offset = 0
        for (tensor, size) in zip(tensors, sizes) {
            append(tensor.name, to: &out)
            append(UInt32(tensor.dimensions.count), to: &out)
            for dimension in tensor.dimensions { append(UInt64(dimension), to: &out) }
            append(tensor.type.rawValue, to: &out)
            append(UInt64(offset), to: &out)
            let (next, overflow) = offset.addingReportingOverflow(size)
            guard !overflow, next <= Int.max - alignment else {
                throw GGUFError(.malformed, "tensor \"\(tensor.name)\": the file is too large")
            }
            offset = (next + alignment - 1) / alignment * alignment
        }
        pad(&out, alignment)
        try sink(out)
        for (tensor, size) in zip(tensors, sizes) {
            var written = 0
            for index in 0..<tensor.chunkCount {
                let data = try tensor.chunk(index)
                written += data.count
                guard written <= size, index + 1 < tensor.chunkCount || written == size else {
                    throw GGUFError(
                        .malformed,
                        "tensor \"\(tensor.name)\": \(written) bytes of data for \(size)"
                    )
                }
                try sink(data)
            }
            var padding = [UInt8](repeating: 0, count: size % alignment)
            pad(&padding, alignment)
            padding.removeFirst(size % alignment)
            if !padding.isEmpty { try sink(padding) }
        }
    }

    private func pad(_ bytes: inout [UInt8], _ alignment: Int) {
        let excess = bytes.count % alignment
        if excess > 0 { bytes += repeatElement(0, count: alignment - excess) }
    }

    private func append(_ value: some BitwiseCopyable, to out: inout [UInt8]) {
        unsafe withUnsafeBytes(of: value) { unsafe out += Array($0) }
    }

    private func append(_ string: String, to out: inout [UInt8]) {
        append(UInt64(string.utf8.count), to: &out)
        out += Array(string.utf8)
    }

    private func append(_ value: MetadataValue, to out: inout [UInt8]) {
        func tag(_ number: UInt32) { append(number, to: &out) }
        switch value {
        case .uint8(let v): tag(0); append(v, to: &out)
        case .int8(let v): tag(1); append(v, to: &out)
        case .uint16(let v): tag(2); append(v, to: &out)
        case .int16(let v): tag(3); append(v, to: &out)
        case .uint32(let v): tag(4); append(v, to: &out)
        case .int32(let v): tag(5); append(v, to: &out)
        case .float32(let v): tag(6); append(v, to: &out)
        case .bool(let v): tag(7); append(UInt8(v ? 1 : 0), to: &out)
        case .string(let v): tag(8); append(v, to: &out)
        case .array(let v): tag(9); append(v, to: &out)
        case .uint64(let v): tag(10); append(v, to: &out)
        case .int64(let v): tag(11); append(v, to: &out)
        case .float64(let v): tag(12); append(v, to: &out)
        }
    }

    private func append(_ array: MetadataArray, to out: inout [UInt8]) {
        func head(_ number: UInt32, _ count: Int) {
            append(number, to: &out)
            append(UInt64(count), to: &out)
        }
        func all(_ number: UInt32, _ values: [some BitwiseCopyable]) {
            head(number, values.count)
            unsafe values.withUnsafeBytes { unsafe out += Array($0) }
        }
        switch array {
        case .uint8(let a): all(0, a)
        case .int8(let a): all(1, a)
        case .uint16(let a): all(2, a)
        case .int16(let a): all(3, a)
        case .uint32(let a): all(4, a)
        case .int32(let a): all(5, a)
        case .float32(let a): all(6, a)
        case .bool(let a): all(7, a.map { UInt8($0 ? 1 : 0) })
        case .uint64(let a): all(10, a)
        case .int64(let a): all(11, a)
        case .float64(let a): all(12, a)
        case .strings(let a):
            head(8, a.count)
            for index in a.indices {
                unsafe a.withBytes(at: index) { bytes in
                    append(UInt64(bytes.count), to: &out)
                    unsafe out += Array(bytes)
                }
            }
        case .arrays(let a):
            head(9, a.count)
            for inner in a { append(inner, to: &out) }
        }
    }
}
