import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Place, shape and element type of a tensor in a safetensors file.
struct SafetensorsTensor: Sendable {
    let name: String
    /// As the file names it: `F32`, `BF16`, ….
    let elementType: String
    /// Slowest dimension first.
    let shape: [Int]
    /// Bytes from the start of the file; within the file.
    let range: Range<Int>
    let file: SafetensorsFile

    var elementCount: Int { shape.reduce(1, *) }
}

/// A safetensors file: 8 bytes with the length of a JSON header, the header, then tensor data.
///
/// Opening checks the header against the file's size: every tensor's bytes are there, have the size of
/// its shape and belong to it alone. Data are read on request, in pieces.
final class SafetensorsFile: Sendable {
    let name: String
    private let descriptor: Int32
    private let size: Int

    /// Longest header, in bytes, as the format limits it.
    static let longestHeader = 100_000_000
    /// Bytes of an element of every type of the format that has whole bytes.
    private static let sizes: [String: Int] = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "I16": 2, "U16": 2,
        "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8,
    ]

    /// - Parameter name: stands for the path in errors.
    private init(path: String, name: String) throws(StoreError) {
        self.name = name
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileOperations.failure("open", name) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            size = 0
            throw StoreError(.io, "open \(name): not a regular file")
        }
        size = Int(info.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The tensors of a file, in the order of the header.
    ///
    /// - Throws: malformed, with the tensor and the numbers that do not fit.
    static func tensors(
        ofFileAt path: String, name: String
    ) throws(StoreError) -> [SafetensorsTensor] {
        let file = try SafetensorsFile(path: path, name: name)
        return try file.tensors()
    }

    private func malformed(_ what: String) -> StoreError {
        StoreError(.malformed, "\(name): \(what)")
    }

    private func tensors() throws(StoreError) -> [SafetensorsTensor] {
        guard size >= 8 else { throw malformed("\(size) bytes are no safetensors file") }
        let length = try bytes(in: 0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.longestHeader), Int(length) <= size - 8 else {
            throw malformed("header of \(length) bytes in a file of \(size)")
        }
        let start = 8 + Int(length)
        var header = JSONSkimmer(try bytes(in: 8..<start), label: "\(name): header")
        var tensors: [SafetensorsTensor] = []
        var names: Set<[UInt8]> = []
        try header.forEachMember { (key, value) throws(StoreError) in
            guard names.insert(Array(key.utf8)).inserted else {
                throw malformed("tensor \"\(key)\" occurs twice")
            }
            if key == "__metadata__" {
                try value.skip()
            } else {
                tensors.append(try tensor(key, &value, start: start))
            }
        }
        try header.finish()
        var end = start
        for tensor in tensors.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where !tensor.range.isEmpty {
            guard tensor.range.lowerBound >= end else {
                throw malformed("tensor \"\(tensor.name)\" overlaps another")
            }
            end = tensor.range.upperBound
        }
        return tensors
    }

    private func tensor(
        _ key: String, _ value: inout JSONSkimmer, start: Int
    ) throws(StoreError) -> SafetensorsTensor {
        let entry = try value.value()
        guard let type = entry["dtype"]?.string else {
            throw malformed("tensor \"\(key)\" has no dtype")
        }
        guard let list = entry["shape"]?.array, list.count <= 16 else {
            throw malformed("tensor \"\(key)\" has no shape")
        }
        guard let offsets = entry["data_offsets"]?.array, offsets.count == 2,
            let first = offsets[0].integer, let last = offsets[1].integer
        else { throw malformed("tensor \"\(key)\" has no data_offsets") }
        guard 0 <= first, first <= last, last <= size - start else {
            throw malformed(
                "tensor \"\(key)\": bytes \(first) to \(last) of \(size - start)")
        }
        var shape: [Int] = []
        var elements = 1
        for item in list {
            guard let dimension = item.integer, dimension >= 0 else {
                throw malformed("tensor \"\(key)\": bad dimension")
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw malformed("tensor \"\(key)\": the shape is too large") }
            elements = product
            shape.append(dimension)
        }
        if let width = Self.sizes[type] {
            let (wanted, overflow) = elements.multipliedReportingOverflow(by: width)
            guard !overflow, wanted == last - first else {
                throw malformed(
                    "tensor \"\(key)\": \(type) of shape \(shape) in \(last - first) bytes")
            }
        }
        return SafetensorsTensor(
            name: key, elementType: type, shape: shape, range: start + first..<start + last,
            file: self)
    }

    /// Bytes of the file, with room for `spare` more in the same memory.
    ///
    /// - Throws: io when the file does not have them any more.
    func bytes(in range: Range<Int>, spare: Int = 0) throws(StoreError) -> [UInt8] {
        var failure: StoreError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count + spare) { buffer, count in
            while count < range.count {
                let got = pread(
                    descriptor, buffer.baseAddress! + count, min(range.count - count, 64 << 20),
                    off_t(range.lowerBound + count))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failure =
                        got < 0
                        ? FileOperations.failure("read", name)
                        : StoreError(.io, "read \(name): unexpected end of file")
                    return
                }
                count += got
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
