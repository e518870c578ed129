import Foundation
import Testing

@testable import Serving

/// Texts that end or part within a page of the disk cache.
extension DiskCacheTests {
    @Test func `texts that end or part within a page find their beginning`() async throws {
        let kitchen = try kitchen()
        func first(_ text: String) async throws -> Int? {
            let server = server(kitchen)
            let cached = try await ask(server, text, tokens: 1).summary?.cachedTokens
            await server.shutdown()
            try await settled(kitchen)
            return cached
        }
        // 12 pages and the 16 tokens behind them.
        #expect(try await first(Self.prompt) == 0)
        try await saved(kitchen, 13)
        let names = files(kitchen)
        let end = try #require(names.first { $0.hasSuffix("+") })
        #expect(names.filter { $0.hasSuffix("+") } == [end])
        let written = contents(folder(kitchen) + "/" + end)
        #expect(try await first(Self.prompt) == 399)
        // Too little that is new, and too little in common: neither is written.
        #expect(try await first(Self.prompt + " And more?") == 400)
        #expect(try await first(Self.prompt + " And less?") == 400)
        #expect(try await first(Self.prompt.prefix(387) + "0123456789") == 384)
        #expect(files(kitchen) == names)
        #expect(contents(folder(kitchen) + "/" + end) == written)
        // Much that is new takes the name over.
        #expect(try await first(Self.prompt.prefix(396) + "0123456789012345") == 396)
        #expect(files(kitchen) == names)
        #expect(contents(folder(kitchen) + "/" + end) != written)
        #expect(try await first(Self.prompt + "?") == 396)
        // And so does a whole page.
        let long = Self.prompt + String(repeating: "!", count: 16)
        #expect(try await first(long) == 396)
        #expect(files(kitchen).count == 13)
        #expect(files(kitchen).allSatisfy { !$0.hasSuffix("+") })
        #expect(try await first(Self.prompt + "?") == 400)
        // It is found by its own name where another one has the other, all but the last token.
        let path = folder(kitchen) + "/" + end
        try FileManager.default.removeItem(atPath: path)
        try #require(written).write(to: URL(filePath: path))
        #expect(try await first(long) == 415)
        // The other name comes back when it is lost.
        try FileManager.default.removeItem(atPath: path)
        #expect(try await first(Self.prompt + "?") == 384)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await first(long) == 415)
        #expect(try await first(Self.prompt + "?") == 400)
    }

    @Test func `a damaged end of a text is a miss and goes`() async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        let expected = try await ask(first, Self.prompt, tokens: 1)
        try await saved(kitchen, 13)
        await first.shutdown()
        let end = try #require(files(kitchen).first { $0.hasSuffix("+") })
        let file = URL(filePath: folder(kitchen) + "/" + end)
        let whole = try Data(contentsOf: file)
        // The magic, its number, what is before it, its tokens, its data; too short; another page.
        let other = URL(filePath: folder(kitchen) + "/" + files(kitchen).first { $0 != end }!)
        var wrong = [8, 16, 40, 112, whole.count - 1].map { place in
            var data = whole
            data[place] ^= 4
            return data
        }
        wrong += [whole.dropLast(), Data(), try Data(contentsOf: other)]
        for data in wrong {
            try data.write(to: file)
            let server = server(kitchen)
            let answer = try await ask(server, Self.prompt, tokens: 1)
            #expect(answer.content == expected.content)
            #expect(answer.summary?.cachedTokens == 384)
            try await settled(kitchen)
            await server.shutdown()
            // The good one has taken its place.
            #expect(try Data(contentsOf: file) == whole)
        }
    }

    @Test func `a damaged end behind a link is left alone`() async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        _ = try await ask(first, Self.prompt, tokens: 1)
        try await saved(kitchen, 13)
        await first.shutdown()
        let end = try #require(files(kitchen).first { $0.hasSuffix("+") })
        let elsewhere = kitchen.folder.path + "/elsewhere"
        let manager = FileManager.default
        try manager.moveItem(atPath: folder(kitchen), toPath: elsewhere)
        try manager.createSymbolicLink(
            atPath: folder(kitchen), withDestinationPath: elsewhere)
        try Data([1, 2, 3]).write(to: URL(filePath: elsewhere + "/" + end))
        let second = server(kitchen)
        #expect(try await ask(second, Self.prompt, tokens: 1).summary?.cachedTokens == 0)
        await second.shutdown()
        #expect(try Data(contentsOf: URL(filePath: elsewhere + "/" + end)) == Data([1, 2, 3]))
    }
}
