import Foundation
import GGUF
import TestSupport
import Testing

@testable import Engine

@Suite struct EncoderTests {
    static let models = [
        TinyEncoder.bert, .nomic, TinyEncoder(isFused: true),
        TinyEncoder(architecture: "nomic-bert"), TinyEncoder(width: 40, heads: 2, inner: 50),
    ]

    @Test("computes what the plain way does", arguments: models.indices, InstructionSet.available)
    func hidden(_ index: Int, _ set: InstructionSet) throws {
        let tiny = Self.models[index]
        let session = try tiny.session(set)
        for count in [1, 9, 40] {
            let tokens = tiny.prompt(count)
            let states = try session.states(of: tokens)
            let expected = tiny.hidden(tokens).map { $0.map { Float($0) } }
            #expect(states.count == count)
            for (state, wanted) in zip(states, expected) {
                #expect(greatestDifference(state, wanted) < 1e-4, "\(count) tokens")
            }
        }
        #expect(session.cacheBytes == 0)
    }

    @Test("pools as the file says", arguments: [UInt32(1), 2, 3])
    func pooling(_ type: UInt32) throws {
        var tiny = TinyEncoder.bert
        tiny.pooling = type
        let session = try tiny.session()
        let tokens = tiny.prompt(20)
        let states = try session.states(of: tokens)
        let expected: [Float] =
            switch type {
            case 1: (0..<tiny.width).map { i in states.reduce(0) { $0 + $1[i] } / 20 }
            case 2: states[0]
            default: states[19]
            }
        #expect(greatestDifference(try session.embed(tokens), expected) < 1e-6)
    }

    @Test("a text's vector does not depend on what is packed beside it", arguments: [0, 1])
    func packing(_ index: Int) throws {
        let tiny = Self.models[index]
        let session = try tiny.session(threads: 3)
        // Together more than one step takes.
        let texts = [30, 1, 17, 40, 5, 64, 2, 2].enumerated().map {
            tiny.prompt($1, seed: $0)
        }
        let together = try session.embed(batch: texts)
        #expect(together.count == texts.count)
        for (text, vector) in zip(texts, together) {
            #expect(try session.embed(text) == vector, "\(text.count) tokens")
        }
        #expect(Set(together).count == texts.count)
        #expect(try session.embed(batch: []) == [])
    }

    @Test(
        "packed weights: the same bits above 8 tokens, rounding below",
        arguments: [QuantFormat.q8_0, .q4_0, .f16, .bf16])
    func quantizedPacking(_ format: QuantFormat) throws {
        var tiny = TinyEncoder(width: 64, heads: 4, inner: 96)
        tiny.type = format.type
        let session = try tiny.session()
        let texts = [20, 3, 12].map { tiny.prompt($0) }
        let together = try session.embed(batch: texts)
        #expect(try session.embed(texts[0]) == together[0])
        #expect(try session.embed(texts[2]) == together[2])
        #expect(greatestDifference(try session.embed(texts[1]), together[1]) < 1e-4)
        var exact = tiny
        exact.type = .f32
        let close = try exact.session().embed(texts[0])
        // Four bits lose more.
        #expect(cosine(close, together[0]) > (format == .q4_0 ? 0.99 : 0.999))
    }

    @Test("any number of threads gives the same numbers", arguments: [1, 2, 5])
    func threads(_ count: Int) throws {
        let tiny = TinyEncoder.nomic
        let tokens = tiny.prompt(50)
        #expect(
            try tiny.session(threads: count).embed(tokens)
                == tiny.session(threads: 1).embed(tokens))
    }

    @Test("refuses what it cannot do, and goes on")
    func refusals() throws {
        func code(_ body: () throws -> Void) -> EngineError.Code? {
            do { try body() } catch { return (error as? EngineError)?.code }
            return nil
        }
        let tiny = TinyEncoder.bert
        let session = try tiny.session(batch: 32)
        #expect(code { _ = try session.begin([1]) } == .embeddingsOnly)
        #expect(code { _ = try session.embed([]) } == .malformed)
        #expect(code { _ = try session.embed([70]) } == .badToken)
        #expect(code { _ = try session.embed([-1]) } == .badToken)
        #expect(code { _ = try session.embed(tiny.prompt(33)) } == .batchExceeded)
        #expect(code { _ = try session.embed(tiny.prompt(65)) } == .contextExceeded)
        #expect(
            code { _ = try session.embed(batch: [[1], tiny.prompt(33)]) } == .batchExceeded)
        #expect(try session.embed([1]).count == tiny.width)
        #expect(session.model.isEncoder && session.model.cacheBytesPerPosition() == 0)

        var none = tiny
        none.pooling = nil
        #expect(code { _ = try none.session().embed([1]) } == .noPooling)
        none.pooling = 4
        #expect(code { _ = try none.session().embed([1]) } == .noPooling)

        var small = tiny
        small.positions = 8
        #expect(code { _ = try small.session().embed(small.prompt(9)) } == .contextExceeded)
        // Rotary positions have no end.
        small = .nomic
        small.positions = 8
        #expect(try small.session().embed(small.prompt(9)).count == small.width)
    }

    static let broken: [(String, @Sendable (inout Metadata, inout TinyEncoder.Tensors) -> Void)] = [
        ("missing tensor \"token_embd_norm.weight\"", { $1["token_embd_norm.weight"] = nil }),
        ("missing tensor \"position_embd.weight\"", { $1["position_embd.weight"] = nil }),
        (
            "tensor \"position_embd.weight\": expected [48, 64], found [48, 63]",
            {
                $1["position_embd.weight"] = ([48, 63], Array(repeating: 0, count: 48 * 63))
            }
        ),
        (
            "tensor \"token_types.weight\": expected [48, types], found [96]",
            { $1["token_types.weight"] = ([96], Array(repeating: 0, count: 96)) }
        ),
        (
            "missing key bert.attention.layer_norm_epsilon",
            { metadata, _ in metadata["bert.attention.layer_norm_epsilon"] = nil }
        ),
        (
            "bert.attention.causal: true is not supported",
            { metadata, _ in metadata["bert.attention.causal"] = .bool(true) }
        ),
        (
            "tensor \"blk.0.ffn_up_exps.weight\": mixtures of experts are not supported here",
            { $1["blk.0.ffn_up_exps.weight"] = ([1, 1], [0]) }
        ),
        ("missing tensor \"blk.1.ffn_down.weight\"", { $1["blk.1.ffn_down.weight"] = nil }),
    ]

    @Test("names what is wrong with a file", arguments: broken.indices)
    func brokenFiles(_ index: Int) throws {
        let (text, change) = Self.broken[index]
        let file = try TinyEncoder.bert.file(change)
        do throws(EngineError) {
            _ = try Model(file)
            Issue.record("loaded: \(text)")
        } catch {
            #expect(error.description == text)
        }
    }

    // MARK: Recorded

    @Test(
        "gives the recorded hidden states and vectors",
        .enabled(if: Golden.isPresent), arguments: ["bert", "nomic-bert"], InstructionSet.available)
    func golden(_ name: String, _ set: InstructionSet) throws {
        let golden = try GoldenModel(name, on: set)
        var options = SessionOptions()
        options.contextLength = 128
        let session = try Session(golden.model, options)
        let tokens = golden.tokens
        let states = try session.states(of: tokens)
        // The reference reads GELU from a table of half precision.
        let tolerance: Float = name == "bert" ? 2e-3 : 1e-4
        #expect(greatestDifference(states[0], golden.floats("hidden_first")) < tolerance)
        #expect(greatestDifference(states[1], golden.floats("hidden_second")) < tolerance)
        #expect(greatestDifference(states.last!, golden.floats("hidden_last")) < tolerance)
        #expect(
            greatestDifference(states.last!, golden.floats("hidden_last_transformers")) < tolerance)
        let mean = (0..<golden.model.embeddingLength).map { i in
            states.reduce(0) { $0 + $1[i] } / Float(states.count)
        }
        #expect(cosine(mean, golden.floats("pooled_mean")) > 0.999999)
        let vector = try session.embed(tokens)
        #expect(cosine(vector, golden.floats("pooled_default_normalized")) > 0.999999)
    }
}

func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
}
