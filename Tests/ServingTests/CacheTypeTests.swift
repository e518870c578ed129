import API
import Engine
import TestSupport
import Testing

@testable import Serving

@Suite struct CacheTypeTests {
    @Test func `the size of a running model tells the type of its cache`() async throws {
        var cacheBytes: [Int] = []
        let prompt = String(repeating: "what is it? ", count: 20)
        for type in [SessionOptions.CacheType.f16, .q8_0, .f32] {
            let kitchen = try Kitchen {
                $0.cacheType = type
                $0.speculates = false
            }
            try kitchen.addTiny()
            _ = try await kitchen.scheduler.complete("x", tokens: 1, raw: true)
            let empty = try #require(await kitchen.scheduler.running().first).size
            let first = try await kitchen.scheduler.complete(prompt, tokens: 20, raw: true)
            let second = try await kitchen.scheduler.complete(prompt, tokens: 20, raw: true)
            #expect(first.content == second.content)
            #expect(second.summary?.cachedTokens == prompt.utf8.count - 1)
            cacheBytes.append(try #require(await kitchen.scheduler.running().first).size - empty)
        }
        // Heads of 8 fill blocks of 32 with zeros: 34 bytes instead of 16 and 32.
        let pages = cacheBytes[0] / (2 * 2 * 2 * 32 * 16)
        #expect(pages >= 8)
        #expect(cacheBytes == [16, 34, 32].map { pages * 2 * 2 * 2 * 32 * $0 })
    }
}
