import API
import Engine
import Foundation
import GGUF
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// Models with a LoRA layer, from create to answers.
@Suite struct AdapterTests {
    private static let target = "blk.1.ffn_up.weight"

    /// Writes a LoRA of rank 2 for one matrix of the tiny model, and the model with its product in
    /// that matrix.
    private static func write(adapter: URL, merged: URL, architecture: String = "llama") throws {
        let plain = merged.appendingPathExtension("plain")
        try TinyModel.write(to: plain)
        let file = try GGUFFile(path: plain.path)
        let info = try #require(file.tensor(target))
        let (columns, rows) = (info.dimensions[0], info.dimensions[1])
        let down = (0..<2 * columns).map { Float($0 % 7) * 0.1 - 0.3 }
        let up = (0..<rows * 2).map { Float($0 % 5) * 0.2 - 0.4 }
        var values = try QuantFormat.dequantize(file, info)
        for row in 0..<rows {
            for column in 0..<columns {
                // The scale is alpha / rank = 3.
                values[row * columns + column] +=
                    3 * (up[row * 2] * down[column] + up[row * 2 + 1] * down[columns + column])
            }
        }
        func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string(architecture)
        writer.metadata["general.type"] = .string("adapter")
        writer.metadata["adapter.type"] = .string("lora")
        writer.metadata["adapter.lora.alpha"] = .float32(6)
        writer.add(target + ".lora_a", dimensions: [columns, 2], type: .f32) { bytes(down) }
        writer.add(target + ".lora_b", dimensions: [2, rows], type: .f32) { bytes(up) }
        try writer.write(to: adapter.path)

        var whole = GGUFWriter()
        whole.metadata = file.metadata
        for tensor in file.tensors {
            let own =
                tensor.name == target ? values : try QuantFormat.dequantize(file, tensor)
            whole.add(tensor.name, dimensions: tensor.dimensions, type: .f32) { bytes(own) }
        }
        try whole.write(to: merged.path)
    }

    private static func addAdapted(
        _ kitchen: Kitchen, _ adapter: URL, name: String = "adapted"
    ) throws {
        let blob = try kitchen.store.newBlob()
        try Data(contentsOf: adapter).withUnsafeBytes { try blob.write($0) }
        let digest = try blob.finish(expected: nil).description
        try kitchen.addTiny(name) { $0.adapters = [(path: "lora.gguf", digest: digest)] }
    }

    @Test func `an adapter changes answers as merged weights do`() async throws {
        let kitchen = try Kitchen()
        let adapter = kitchen.folder.appending(path: "lora.gguf")
        let merged = kitchen.folder.appending(path: "merged.gguf")
        try Self.write(adapter: adapter, merged: merged)
        try kitchen.addTiny("plain")
        try kitchen.add(merged, "merged")
        try Self.addAdapted(kitchen, adapter)
        let model = try kitchen.store.model(#require(ModelName("adapted")))
        #expect(model.adapterPaths.count == 1)
        #expect(
            model.manifest.layers.map(\.mediaType).contains(
                "application/vnd.ollama.image.adapter"))
        // The plain model and the adapted one have the same weights: neither answers for the other.
        let plain = try await kitchen.scheduler.ask("who?", model: "plain") { $0.logprobs = true }
        let adapted = try await kitchen.scheduler.ask("who?", model: "adapted") {
            $0.logprobs = true
        }
        let wanted = try await kitchen.scheduler.ask("who?", model: "merged") { $0.logprobs = true }
        #expect(adapted.failure == nil)
        #expect(adapted.logprobs.count > 10 && adapted.logprobs.count == wanted.logprobs.count)
        #expect(adapted.content == wanted.content)
        #expect(adapted.content != plain.content)
        for (a, b) in zip(adapted.logprobs, wanted.logprobs) {
            #expect(abs(a.logprob - b.logprob) < 1e-2)
        }
        #expect(await kitchen.scheduler.running().count >= 1)
        await kitchen.scheduler.shutdown()
    }

    @Test func `an adapter of another architecture is refused when the model is loaded`()
        async throws
    {
        let kitchen = try Kitchen()
        let adapter = kitchen.folder.appending(path: "lora.gguf")
        let merged = kitchen.folder.appending(path: "merged.gguf")
        try Self.write(adapter: adapter, merged: merged, architecture: "qwen3")
        try Self.addAdapted(kitchen, adapter)
        let error = await #expect(throws: APIError.self) {
            try await kitchen.scheduler.ask("who?", model: "adapted")
        }
        #expect(
            error?.message.contains(
                "adapter for architecture \"qwen3\", the model is \"llama\"") == true)
        await kitchen.scheduler.shutdown()
    }
}
