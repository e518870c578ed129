import CKernels
import Dispatch
public import GGUF

/// One tensor in another format, piece by piece on all processors.
@safe public struct TensorQuantization: Sendable {
    /// Elements of a piece that one processor converts, a multiple of every block.
    private static let pieceElements = 1 << 16
    private static let piecesPerChunk = 64

    private let file: GGUFFile
    private let tensor: TensorInfo
    private let target: TensorType
    nonisolated(unsafe) private let reader: UnsafePointer<ck_format>
    nonisolated(unsafe) private let writer: UnsafePointer<ck_format>

    /// nil when one of the formats cannot be read or written, or blocks would cross rows.
    public init?(_ tensor: TensorInfo, of file: GGUFFile, to target: TensorType) {
        guard let reader = unsafe ck_format_of_type(tensor.type.rawValue),
            let writer = unsafe ck_format_of_type(target.rawValue),
            unsafe writer.pointee.quantize != nil,
            (tensor.dimensions.first ?? 1) % target.blockSize == 0
        else { return nil }
        self.file = file
        self.tensor = tensor
        self.target = target
        unsafe self.reader = unsafe reader
        unsafe self.writer = unsafe writer
    }

    private static var chunkElements: Int { pieceElements * piecesPerChunk }

    /// Pieces for ``chunk(_:)``, of at most 4 Mi elements.
    public var chunkCount: Int {
        (tensor.elementCount + Self.chunkElements - 1) / Self.chunkElements
    }

    /// Blocks of a piece, in the target's format.
    ///
    /// - Complexity: O(elements); 256 KiB for each processor besides the result.
    public func chunk(_ index: Int) -> [UInt8] {
        let first = index * Self.chunkElements
        let count = min(Self.chunkElements, tensor.elementCount - first)
        let source = unsafe file.bytes(of: tensor)
        let from = (block: tensor.type.blockSize, bytes: tensor.type.blockBytes)
        let to = (block: target.blockSize, bytes: target.blockBytes)
        let size = count / to.block * to.bytes
        let pieces = (count + Self.pieceElements - 1) / Self.pieceElements
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { output, used in
            // Pieces write to ranges of their own.
            nonisolated(unsafe) let base = UnsafeMutableRawPointer(output.baseAddress!)
            nonisolated(unsafe) let input = source.baseAddress!
            DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                let start = piece * Self.pieceElements
                let n = min(Self.pieceElements, count - start)
                unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: n) { values in
                    unsafe reader.pointee.dequantize(
                        input + (first + start) / from.block * from.bytes, n, values.baseAddress!)
                    unsafe writer.pointee.quantize(
                        values.baseAddress!, n, base + start / to.block * to.bytes)
                }
            }
            used = size
        }
    }
}
