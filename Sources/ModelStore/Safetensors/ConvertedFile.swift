import GGUF

/// A GGUF file of converted tensors, which are read one at a time while it is written.
struct ConvertedFile {
    private var writer = GGUFWriter()
    private let failure = FailureBox()

    init(_ metadata: Metadata) { writer.metadata = metadata }

    /// Why data could not be read: the writer only learns that there are none.
    private final class FailureBox {
        var error: StoreError?
    }

    mutating func add(_ tensor: TensorConversion) {
        writer.add(tensor.name, dimensions: tensor.dimensions, type: tensor.type) { [failure] in
            do throws(StoreError) {
                return try tensor.data()
            } catch {
                failure.error = error
                return []
            }
        }
    }

    mutating func add(_ name: String, _ values: [Float]) {
        writer.add(name, dimensions: [values.count], type: .f32) {
            values.flatMap { value in
                withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
        }
    }

    /// Writes the file; it appears under its name when it is whole.
    ///
    /// - Throws: io, or malformed when data are not what their header says.
    func write(to path: String) throws(StoreError) {
        do throws(GGUFError) {
            try writer.write(to: path)
        } catch {
            throw failure.error ?? StoreError(error.code == .io ? .io : .malformed, "\(error)")
        }
    }
}
