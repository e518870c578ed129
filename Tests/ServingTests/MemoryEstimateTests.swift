import Foundation
import GGUF
import TestSupport
import Testing

@testable import Serving

@Suite struct MemoryEstimateTests {
    @Test func `parallel sequences are reduced to what fits`() throws {
        let one = 1024 * 100
        for (available, expected) in [(one * 9, 4), (one * 3 + 5, 3), (one, 1)] {
            #expect(
                try MemoryEstimate.sequences(
                    perPosition: 1024, window: 100, wanted: 4, available: available) == expected)
        }
        #expect(
            try MemoryEstimate.sequences(perPosition: 1024, window: 100, wanted: 4, available: nil)
                == 4)
        #expect(
            try MemoryEstimate.sequences(perPosition: 0, window: 100, wanted: 4, available: 10) == 4
        )
    }

    @Test func `adapters count as F32 before the cache gets the rest`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string("llama")
        writer.add("a.weight.lora_a", dimensions: [32, 4], type: .f16) {
            [UInt8](repeating: 0, count: 256)
        }
        try writer.write(to: folder.path)
        let file = try GGUFFile(path: folder.path)
        #expect(try MemoryEstimate.left(of: 2000, after: [file, file]) == 2000 - 2 * 512)
        #expect(try MemoryEstimate.left(of: 512, after: [file]) == 0)
        #expect(try MemoryEstimate.left(of: nil, after: [file]) == nil)
        #expect(throws: LoadFailure.self) { try MemoryEstimate.left(of: 511, after: [file]) }
    }

    @Test func `a window that does not fit once is refused with both numbers`() {
        let error = #expect(throws: LoadFailure.self) {
            try MemoryEstimate.sequences(
                perPosition: 1 << 20, window: 4096, wanted: 4, available: 1 << 30)
        }
        #expect(
            error
                == .memory(
                    "model requires more system memory (4.0 GiB) than is available (1.0 GiB) for a "
                        + "context of 4096 tokens; lower num_ctx"))
    }

    @Test func `absurd windows do not overflow`() {
        #expect(throws: LoadFailure.self) {
            try MemoryEstimate.sequences(
                perPosition: 1 << 20, window: Int.max, wanted: 4, available: 1 << 30)
        }
    }
}
