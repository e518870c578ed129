/// Memory for the logits of a step's wanted rows.
@safe
final class ResultMemory {
    let results: Activations
    private let block: Memory
    var byteCount: Int { block.byteCount }

    init(rows: Int, _ shape: Hyperparameters) throws(EngineError) {
        let width = CPUBackend.aligned(shape.vocabularySize)
        let (bytes, overflow) = (rows * 4).multipliedReportingOverflow(by: width)
        guard !overflow else { throw EngineError(.outOfMemory, "\(rows) rows of logits") }
        block = try Memory(byteCount: bytes, for: "\(rows) rows of logits")
        results = unsafe Activations(
            handle: block.base.bindMemory(to: Float.self, capacity: rows * width), width: width)
    }
}
