import Engine
import GGUF
import Testing

@Suite struct MeasureTests {
    @Test("memory delivers something")
    func bandwidth() throws {
        let rate = try MemoryBandwidth.measure(threads: 2)
        #expect(rate > 1e8 && rate < 1e13)
    }

    @Test("random models run")
    func randomModel() throws {
        let file = try RandomModel.build(shape: "smollm2-135m", quant: "Q4_0")
        let model = try Model(file)
        #expect(model.architecture == "llama")
        #expect(model.parameterCount > 100_000_000)
        var options = SessionOptions()
        options.contextLength = 64
        let session = try Session(model, options)
        let rows = try session.all([1, 2, 3])
        #expect(rows[2].allSatisfy { $0.isFinite })
        #expect(Set(rows[2]).count > 100)
        #expect(throws: EngineError.self) { try RandomModel.build(shape: "huge", quant: "Q8_0") }
        #expect(throws: EngineError.self) {
            try RandomModel.build(shape: "smollm2-135m", quant: "Q9")
        }
    }
}
