/// Memory for the wanted rows of a step.
@safe
final class ResultMemory {
    let results: Activations
    let selected: Activations
    private let blocks: [Memory]
    let byteCount: Int

    init(rows: Int, _ shape: Hyperparameters) throws(EngineError) {
        func take(_ width: Int, _ purpose: String) throws(EngineError) -> (Memory, Activations) {
            let width = CPUBackend.aligned(width)
            let (bytes, overflow) = (rows * 4).multipliedReportingOverflow(by: width)
            guard !overflow else { throw EngineError(.outOfMemory, "\(rows) rows of \(purpose)") }
            let block = try Memory(byteCount: bytes, for: "\(rows) rows of \(purpose)")
            return unsafe (
                block,
                Activations(
                    handle: block.base.bindMemory(to: Float.self, capacity: rows * width),
                    width: width)
            )
        }
        let logits = try take(shape.vocabularySize, "logits")
        let hidden = try take(shape.width, "hidden states")
        results = logits.1
        selected = hidden.1
        blocks = [logits.0, hidden.0]
        byteCount = logits.0.byteCount + hidden.0.byteCount
    }
}
