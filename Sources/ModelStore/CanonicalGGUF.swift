import GGUF
import Quantization

/// The one form in which imported weights are stored, so that equal models share a blob however their files
/// were written.
///
/// Metadata keep their order, but the version of the quantisation and the file type come last and the keys
/// of a split are gone; tensors are ordered by block, then by name, without gaps beyond the alignment.
struct CanonicalGGUF {
    let shards: [GGUFFile]
    private static let versionKey = "general.quantization_version"
    private static let typeKey = "general.file_type"
    private static let splitKeys = ["split.no", "split.count", "split.tensors.count"]

    /// - Parameter shards: the parts of one model in their order; at least one.
    init(shards: [GGUFFile]) { self.shards = shards }

    private func ordered() -> [(tensor: TensorInfo, file: GGUFFile)] {
        shards.flatMap { file in file.tensors.map { (tensor: $0, file: file) } }
            .sorted { Self.order(of: $0.tensor.name) < Self.order(of: $1.tensor.name) }
    }

    /// Block number (-1 outside of blocks), then the name by its bytes.
    private static func order(of name: String) -> (Int, ByteOrder) {
        let prefix = "blk."
        var block = -1
        if name.utf8.starts(with: prefix.utf8) {
            let digits = name.utf8.dropFirst(prefix.utf8.count).prefix {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
            let rest = name.utf8.dropFirst(prefix.utf8.count + digits.count)
            if rest.first == UInt8(ascii: ".") {
                block = Int(String(decoding: digits, as: UTF8.self)) ?? -1
            }
        }
        return (block, ByteOrder(bytes: Array(name.utf8)))
    }

    /// Whether a tensor of one name stands before one of another.
    static func precedes(_ left: String, _ right: String) -> Bool {
        order(of: left) < order(of: right)
    }

    private struct ByteOrder: Comparable {
        var bytes: [UInt8]
        static func < (left: Self, right: Self) -> Bool {
            left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }

    /// Whether the file has this form already, byte for byte.
    func isCanonical() -> Bool {
        guard shards.count == 1, let file = shards.first, file.version == 3 else { return false }
        let metadata = file.metadata
        guard metadata.keys.suffix(2) == [Self.versionKey, Self.typeKey],
            case .uint32(2) = metadata[Self.versionKey], case .uint32 = metadata[Self.typeKey],
            Self.splitKeys.allSatisfy({ metadata[$0] == nil }),
            ordered().map(\.tensor.name) == file.tensors.map(\.name), let first = file.tensors.first
        else { return false }
        // Offsets count from different places in different readers; distances do not.
        var expected = first.offset
        for tensor in file.tensors {
            guard tensor.offset == expected else { return false }
            let padding = (file.alignment - tensor.byteCount % file.alignment) % file.alignment
            expected += tensor.byteCount + padding
        }
        let data = expected - first.offset
        guard let dataStart = file.fileSize >= data ? file.fileSize - data : nil else {
            return false
        }
        return dataStart % file.alignment == 0
    }

    /// Writes the form to a new file.
    ///
    /// - Parameters:
    ///   - quantization: what to store the weights as; nil: as they are.
    ///   - wrote: told the bytes of tensors that are read so far; an error ends the writing and leaves
    ///     nothing behind.
    func write(
        to path: String, as quantization: Quantization? = nil,
        wrote: @escaping (Int) throws(GGUFError) -> Void = { _ in }
    ) throws(GGUFError) {
        guard let first = shards.first else { return }
        var writer = GGUFWriter()
        var metadata = first.metadata
        for key in Self.splitKeys { metadata[key] = nil }
        var type = try metadata.integer(Self.typeKey)
        if let quantization { type = Int(quantization.fileType) }
        metadata[Self.versionKey] = nil
        metadata[Self.typeKey] = nil
        metadata[Self.versionKey] = .uint32(2)
        if let type = type.flatMap({ UInt32(exactly: $0) }) {
            metadata[Self.typeKey] = .uint32(type)
        }
        writer.metadata = metadata
        let tensors = ordered()
        let types =
            try quantization?.types(of: tensors.map(\.tensor), metadata: metadata)
            ?? tensors.map(\.tensor.type)
        var done = 0
        for (index, (tensor, file)) in tensors.enumerated() {
            if types[index] == tensor.type {
                let step = 8 << 20
                writer.add(
                    tensor.name, dimensions: tensor.dimensions, type: tensor.type,
                    chunkCount: (tensor.byteCount + step - 1) / step
                ) { (chunk) throws(GGUFError) in
                    let start = chunk * step
                    let end = min(start + step, tensor.byteCount)
                    if chunk == 0 { done += tensor.byteCount }
                    try wrote(done)
                    return Array(file.bytes(of: tensor)[start..<end])
                }
                continue
            }
            guard let conversion = TensorQuantization(tensor, of: file, to: types[index]) else {
                throw GGUFError(
                    .malformed,
                    "tensor \"\(tensor.name)\": \(tensor.type) cannot become \(types[index])")
            }
            let count = conversion.chunkCount
            writer.add(
                tensor.name, dimensions: tensor.dimensions, type: types[index], chunkCount: count
            ) { (chunk) throws(GGUFError) in
                try wrote(done + tensor.byteCount / count * chunk)
                if chunk + 1 == count { done += tensor.byteCount }
                return conversion.chunk(chunk)
            }
        }
        try writer.write(to: path)
    }
}
