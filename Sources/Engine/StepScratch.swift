/// Per-row arrays of a step; allocated once per session.
@safe
final class StepScratch {
    let tokens: UnsafeMutablePointer<Token>  // (row)
    let rotations: UnsafeMutablePointer<Float>  // (row, pair, 2)
    let localRotations: UnsafeMutablePointer<Float>  // (row, pair, 2); empty for most families
    let pages: UnsafeMutablePointer<UnsafeMutableRawPointer>  // (row)
    let offsets: UnsafeMutablePointer<Int32>  // (row)
    let outputs: UnsafeMutablePointer<Int32>  // (row)
    let spans: UnsafeMutablePointer<Batch.Span>  // (row): at most one per token
    let byteCount: Int
    private let memory: [Memory]

    init(rows: Int, rotated: Int, locallyRotated: Int = 0) throws(EngineError) {
        func take<T>(_ type: T.Type, _ count: Int) throws(EngineError) -> Memory {
            try Memory(byteCount: count * MemoryLayout<T>.stride, for: "step scratch")
        }
        let memory = unsafe [
            try take(Token.self, rows), try take(Float.self, rows * rotated),
            try take(UnsafeMutableRawPointer.self, rows), try take(Int32.self, rows),
            try take(Int32.self, rows), try take(Batch.Span.self, rows),
            try take(Float.self, max(1, rows * locallyRotated)),
        ]
        unsafe tokens = unsafe memory[0].base.bindMemory(to: Token.self, capacity: rows)
        unsafe rotations = unsafe memory[1].base.bindMemory(
            to: Float.self, capacity: rows * rotated)
        unsafe pages = unsafe memory[2].base.bindMemory(
            to: UnsafeMutableRawPointer.self, capacity: rows)
        unsafe offsets = unsafe memory[3].base.bindMemory(to: Int32.self, capacity: rows)
        unsafe outputs = unsafe memory[4].base.bindMemory(to: Int32.self, capacity: rows)
        unsafe spans = unsafe memory[5].base.bindMemory(to: Batch.Span.self, capacity: rows)
        unsafe localRotations = unsafe memory[6].base.bindMemory(
            to: Float.self, capacity: max(1, rows * locallyRotated))
        byteCount = memory.reduce(0) { $0 + $1.byteCount }
        self.memory = memory
    }
}
