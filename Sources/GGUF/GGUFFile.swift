/// A GGUF file mapped read-only: metadata, tensors, and the only owner of their bytes.
///
/// Opening checks every count, offset and size against the bytes that are there, so that whatever a
/// file says, reading it can fail but neither crash nor allocate more than the file's own size.
/// Format: the GGUF specification of the ggml project, versions 2 and 3.
///
/// - Complexity: one pass over the header; tensors are not touched.
@safe public final class GGUFFile: Sendable {
    public let path: String
    public let fileSize: Int
    public let version: UInt32
    /// Of tensor data, in bytes: a power of two.
    public let alignment: Int
    public let metadata: Metadata
    public let tensors: [TensorInfo]
    /// Where tensor data starts, in bytes from the start of the file.
    public let dataOffset: Int
    private let file: MappedFile
    private let indices: [String: Int]

    /// Largest name of a key or tensor, in bytes.
    static let longestName = 65_535
    static let largestAlignment = 1 << 20

    /// - Throws: ``GGUFError`` when the file cannot be mapped or is not what the format says.
    public convenience init(path: String) throws(GGUFError) {
        try self.init(MappedFile(path: path), path: path)
    }

    /// Reads from bytes that live as long as the process; `label` stands for the path in errors.
    public convenience init(staticBytes: UnsafeRawBufferPointer, label: String) throws(GGUFError) {
        try self.init(unsafe MappedFile(staticBytes: staticBytes), path: label)
    }

    private init(_ file: MappedFile, path: String) throws(GGUFError) {
        self.file = file
        self.path = path
        let size = unsafe file.bytes.count
        fileSize = size
        var reader = try GGUFReader(file, path: path)
        version = reader.version
        // A tensor entry takes at least 8 + 4 + 8 + 4 + 8 bytes, a pair at least 8 + 4 + 1.
        let tensorCount = try reader.count("tensor count", atLeast: 32)
        let pairCount = try reader.count("metadata count", atLeast: 13)

        var metadata = Metadata()
        for _ in 0..<pairCount {
            let key = try reader.string("a key", limit: Self.longestName)
            guard metadata[key] == nil else {
                throw GGUFError(.malformed, "key \"\(key)\" occurs twice")
            }
            metadata[key] = try reader.value(key)
        }
        let alignment = try metadata.integer("general.alignment") ?? 32
        guard alignment > 0, alignment <= Self.largestAlignment, alignment & (alignment - 1) == 0
        else {
            throw GGUFError(
                .malformed,
                "key \"general.alignment\": \(alignment) is not a power of two up to 1 MiB")
        }

        var entries: [(name: String, dimensions: [Int], type: TensorType, offset: UInt64)] = []
        entries.reserveCapacity(min(tensorCount, 1 << 16))
        for _ in 0..<tensorCount { entries.append(try Self.entry(&reader)) }

        let (padded, overflow) = reader.position.addingReportingOverflow(alignment - 1)
        let start = padded & ~(alignment - 1)
        guard !overflow, start <= size || entries.isEmpty else {
            throw GGUFError(.truncated, "tensor data starts at byte \(start), the file has \(size)")
        }
        dataOffset = min(start, size)
        var tensors: [TensorInfo] = []
        tensors.reserveCapacity(entries.count)
        var indices: [String: Int] = [:]
        for entry in entries {
            let tensor = try Self.place(entry, start: start, size: size, alignment: alignment)
            guard indices.updateValue(tensors.count, forKey: tensor.name) == nil else {
                throw GGUFError(.malformed, "tensor \"\(tensor.name)\" occurs twice")
            }
            tensors.append(tensor)
        }
        self.metadata = metadata
        self.alignment = alignment
        self.tensors = tensors
        self.indices = indices
    }

    private typealias Entry = (name: String, dimensions: [Int], type: TensorType, offset: UInt64)

    private static func entry(_ reader: inout GGUFReader) throws(GGUFError) -> Entry {
        let name = try reader.string("a tensor's name", limit: longestName)
        let rank: UInt32 = try reader.scalar("dimension count of \"\(name)\"")
        guard rank <= 4 else {
            throw GGUFError(
                .malformed, "tensor \"\(name)\": \(rank) dimensions, at most 4 are possible")
        }
        var dimensions: [Int] = []
        for _ in 0..<rank {
            let value: UInt64 = try reader.scalar("dimension of \"\(name)\"")
            guard let dimension = Int(exactly: value), dimension > 0 else {
                throw GGUFError(.malformed, "tensor \"\(name)\": bad dimension \(value)")
            }
            dimensions.append(dimension)
        }
        let type: UInt32 = try reader.scalar("type of \"\(name)\"")
        let offset: UInt64 = try reader.scalar("offset of \"\(name)\"")
        return (name, dimensions, TensorType(rawValue: type), offset)
    }

    private static func place(
        _ entry: Entry, start: Int, size: Int, alignment: Int
    ) throws(GGUFError) -> TensorInfo {
        let (name, dimensions, type, rawOffset) = entry
        let (elements, bytes) = try TensorInfo.size(name, dimensions, type)
        guard let offset = Int(exactly: rawOffset), offset % alignment == 0 else {
            throw GGUFError(
                .malformed, "tensor \"\(name)\": bad offset \(rawOffset) for alignment \(alignment)"
            )
        }
        let (first, wraps) = start.addingReportingOverflow(offset)
        guard !wraps, first <= size, bytes <= size - first else {
            throw GGUFError(
                .truncated,
                "tensor \"\(name)\": \(bytes) bytes at offset \(rawOffset) exceed the file's \(size)"
            )
        }
        return TensorInfo(
            name: name, dimensions: dimensions, type: type, offset: first, byteCount: bytes,
            elementCount: elements)
    }

    public func tensor(_ name: String) -> TensorInfo? { indices[name].map { tensors[$0] } }

    /// The tensor's bytes, valid as long as this object lives.
    public func bytes(of tensor: TensorInfo) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            rebasing: file.bytes[tensor.offset..<(tensor.offset + tensor.byteCount)])
    }

    /// The whole mapped file; nil for static bytes.
    ///
    /// It begins at a multiple of 2 MiB, and its addresses up to the next multiple behind its end are
    /// its own. Whoever puts other memory in its place must put the same bytes there.
    public var mapping: UnsafeRawBufferPointer? { file.isMapped ? unsafe file.bytes : nil }
}
