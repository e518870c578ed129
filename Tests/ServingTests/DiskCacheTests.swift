import API
import Engine
import Foundation
import Logging
import ModelStore
import TestSupport
import Testing

@testable import Serving

/// Prefixes that survive unloading and restarts.
@Suite struct DiskCacheTests {
    /// One token a byte: 21 pages of 32.
    static let text = String((0..<680).map { "abcdefghij klmnop\nqrst"[offset: $0 * $0 % 22] })

    func kitchen(_ change: (inout ServingConfiguration) -> Void = { _ in }) throws -> Kitchen {
        let kitchen = try Kitchen(change)
        try kitchen.addTiny { $0.parameters = ["num_ctx": 512] }
        return kitchen
    }

    func folder(_ kitchen: Kitchen) -> String { kitchen.folder.path + "/cache" }

    /// A server over the kitchen's store and folder.
    func server(
        _ kitchen: Kitchen, budget: Int = 64 << 20,
        _ change: (inout ServingConfiguration) -> Void = { _ in }
    ) -> Scheduler {
        var configuration = ServingConfiguration()
        configuration.threads = 1
        configuration.diskCache = DiskCacheSettings(folder: folder(kitchen), budget: budget)
        change(&configuration)
        var logger = Logger(label: "disk-cache-tests")
        logger.logLevel = .critical
        return Scheduler(configuration, store: kitchen.store, logger: logger)
    }

    func ask(
        _ server: Scheduler, _ text: String, tokens: Int = 20, model: String = "tiny"
    ) async throws -> Answer {
        try await server.complete(text, model: model, tokens: tokens, raw: true)
    }

    func files(_ kitchen: Kitchen) -> [String] {
        DiskFolder(path: folder(kitchen)).entries(now: DiskCache.now).map { $0.names[0] }.sorted()
    }

    /// Waits until so many pages are on disk: a busy one takes its time.
    func saved(_ kitchen: Kitchen, _ count: Int) async throws {
        for _ in 0..<3000 where files(kitchen).count < count {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(files(kitchen).count == count)
    }

    /// Waits until nothing has changed on disk for a while.
    func settled(_ kitchen: Kitchen) async throws {
        var last: [String] = []
        var same = 0
        for _ in 0..<3000 where same < 15 {
            let now = files(kitchen)
            same = now == last ? same + 1 : 0
            last = now
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    static var prompt: String { String(text.prefix(400)) }

    @Test func `a prefix survives a restart and gives the same answer`() async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        let expected = try await ask(first, Self.prompt)
        #expect(expected.summary?.cachedTokens == 0)
        // 400 tokens of the prompt and 19 evaluated ones of the answer: 13 whole pages.
        try await saved(kitchen, 13)
        await first.shutdown()

        let second = server(kitchen)
        let answer = try await ask(second, Self.prompt)
        #expect(answer.content == expected.content)
        #expect(answer.summary?.cachedTokens == 399)
        #expect(answer.summary?.promptEvalCount == 400)
        // The next turn goes on behind the answer, from memory.
        let next = try await ask(second, Self.prompt + expected.content + " and more")
        #expect(next.summary?.cachedTokens ?? 0 > 399)
        await second.shutdown()

        // Another question about the same text.
        let third = server(kitchen)
        let plain = try await ask(kitchen.scheduler, Self.prompt + "?")
        let other = try await ask(third, Self.prompt + "?")
        #expect(other.content == plain.content)
        #expect(other.summary?.cachedTokens == 400)
        #expect(await third.diskUsage()?.bytes ?? 0 > 0)
        #expect(await third.diskUsage()?.budget == 64 << 20)
        #expect(await kitchen.scheduler.diskUsage() == nil)
        await third.shutdown()
    }

    @Test func `a prefix survives unloading`() async throws {
        let kitchen = try kitchen()
        let server = server(kitchen)
        _ = try await ask(server, Self.prompt)
        var request = GenerationRequest.completion("")
        request.keepAlive = .seconds(0)
        _ = try await server.generate(request)
        try await eventually { await server.running().isEmpty }
        try await saved(kitchen, 13)
        #expect(try await ask(server, Self.prompt).summary?.cachedTokens == 399)
        await server.shutdown()
    }

    @Test func `the pages of a model that is deleted go with its weights`() async throws {
        let kitchen = try kitchen()
        let server = server(kitchen)
        _ = try await ask(server, Self.prompt)
        try await saved(kitchen, 13)
        let name = try #require(ModelName("tiny"))
        let copy = try #require(ModelName("copy"))
        try kitchen.store.copy(name, to: copy)
        try kitchen.store.delete(name)
        try await settled(kitchen)
        // The copy has the same weights.
        #expect(files(kitchen).count == 13)
        try kitchen.store.delete(copy)
        for _ in 0..<3000 where !files(kitchen).isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(files(kitchen).isEmpty)
        #expect(await server.diskUsage()?.bytes == 0)
        await server.shutdown()
        #expect(files(kitchen).isEmpty)
    }

    @Test func `pages that memory had to give up come back`() async throws {
        let kitchen = try kitchen()
        let server = server(kitchen) { $0.parallel = 1 }
        let expected = try await ask(server, Self.prompt)
        try await saved(kitchen, 13)
        // The window of 512 tokens is all that memory has.
        _ = try await ask(server, String(Self.text.suffix(480)))
        let again = try await ask(server, Self.prompt)
        #expect(again.summary?.cachedTokens == 399)
        #expect(again.content == expected.content)
        await server.shutdown()
    }

    @Test func `short texts are not kept`() async throws {
        let kitchen = try kitchen()
        let server = server(kitchen)
        _ = try await ask(server, String(Self.text.prefix(200)))
        await server.shutdown()
        #expect(!FileManager.default.fileExists(atPath: folder(kitchen)))
    }

    @Test func `without a folder nothing is written`() async throws {
        let kitchen = try kitchen()
        _ = try await ask(kitchen.scheduler, Self.prompt)
        await kitchen.scheduler.shutdown()
        let names = try FileManager.default.contentsOfDirectory(atPath: kitchen.folder.path)
        #expect(!names.contains("cache"))
    }

    @Test(arguments: ["flip", "cut", "grow", "empty", "folder", "link", "swap"])
    func `damaged pages are misses and go`(_ damage: String) async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        let expected = try await ask(first, Self.prompt)
        try await saved(kitchen, 13)
        await first.shutdown()
        let names = files(kitchen)
        let manager = FileManager.default
        var damaged: [String: Data] = [:]
        for (index, name) in names.enumerated() {
            let path = folder(kitchen) + "/" + name
            var data = try Data(contentsOf: URL(filePath: path))
            switch damage {
            case "flip": data[(index * 977 + 5) % data.count] ^= 0x10
            case "cut": data.removeLast(1 + index)
            case "grow": data.append(0)
            case "empty": data = Data()
            case "swap":
                let other = names[(index + 1) % names.count]
                data = try Data(contentsOf: URL(filePath: folder(kitchen) + "/" + other))
                if index > 0 { data[80] ^= 1 }
            default: break
            }
            try manager.removeItem(atPath: path)
            switch damage {
            case "folder":
                try manager.createDirectory(
                    atPath: path + "/inner", withIntermediateDirectories: true)
            case "link":
                try manager.createSymbolicLink(
                    atPath: path, withDestinationPath: "/etc/hostname")
            default: try data.write(to: URL(filePath: path))
            }
            damaged[name] = contents(path)
        }
        let second = server(kitchen)
        let answer = try await ask(second, Self.prompt)
        #expect(answer.content == expected.content)
        #expect(answer.summary?.cachedTokens == 0)
        await second.shutdown()
        if damage == "folder" { return }
        // At least the first one was looked at and thrown away. (A file written anew may well get
        // the inode of the one before: what is in it tells.)
        let third = server(kitchen)
        #expect(try await ask(third, Self.prompt).content == expected.content)
        await third.shutdown()
        let untouched = names.filter { contents(folder(kitchen) + "/" + $0) == damaged[$0] }
        #expect(untouched.count < names.count)
    }

    /// What is in a file, or where a link points to; nil where there is nothing.
    func contents(_ path: String) -> Data? {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return Data(target.utf8)
        }
        return try? Data(contentsOf: URL(filePath: path))
    }

    @Test func `pages of other weights, types of cache and texts are not taken`() async throws {
        let kitchen = try kitchen()
        try kitchen.addTiny("other", seed: 2) { $0.parameters = ["num_ctx": 512] }
        let first = server(kitchen)
        _ = try await ask(first, Self.prompt)
        try await saved(kitchen, 13)
        await first.shutdown()
        let second = server(kitchen)
        let other = try await ask(second, Self.prompt, model: "other")
        #expect(other.summary?.cachedTokens == 0)
        let shifted = try await ask(second, String(Self.text.dropFirst().prefix(400)))
        #expect(shifted.summary?.cachedTokens == 0)
        try await saved(kitchen, 39)
        await second.shutdown()
        let packed = server(kitchen) { $0.cacheType = .q8_0 }
        #expect(try await ask(packed, Self.prompt).summary?.cachedTokens == 0)
        await packed.shutdown()
        // The same weights under another name are the same.
        try kitchen.addTiny("twin") { $0.parameters = ["num_ctx": 512] }
        let third = server(kitchen)
        #expect(try await ask(third, Self.prompt, model: "twin").summary?.cachedTokens == 399)
        await third.shutdown()
    }

    @Test func `the least recently used go when the budget is spent`() async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        _ = try await ask(first, Self.prompt, tokens: 1)
        try await saved(kitchen, 13)
        await first.shutdown()
        let entries = DiskFolder(path: folder(kitchen)).entries(now: DiskCache.now)
        let page = entries[0].size
        #expect(entries.count == 13)
        let budget = 30 * page
        let second = server(kitchen, budget: budget)
        for turn in 0..<6 {
            let text = "\(turn)" + Self.prompt.dropFirst()
            _ = try await ask(second, text, tokens: 1)
            // The first text stays in use.
            #expect(try await ask(second, Self.prompt, tokens: 1).summary?.cachedTokens ?? 0 > 0)
            try await settled(kitchen)
            #expect(await second.diskUsage()!.bytes <= budget)
            let used = DiskFolder(path: folder(kitchen)).entries(now: DiskCache.now)
            #expect(used.reduce(0) { $0 + $1.size } <= budget)
        }
        await second.shutdown()
        let third = server(kitchen, budget: budget)
        #expect(try await ask(third, Self.prompt, tokens: 1).summary?.cachedTokens == 399)
        let oldest = "0" + Self.prompt.dropFirst()
        #expect(try await ask(third, oldest, tokens: 1).summary?.cachedTokens ?? 0 < 384)
        await third.shutdown()
        let none = try self.kitchen()
        let nothing = server(none, budget: 0)
        _ = try await ask(nothing, Self.prompt)
        await nothing.shutdown()
        #expect(files(none).isEmpty)
    }

    @Test func `a folder that others can reach, or that is none, is not used`() async throws {
        let kitchen = try kitchen()
        try Data().write(to: URL(filePath: folder(kitchen)))
        let server = server(kitchen)
        let expected = try await ask(kitchen.scheduler, Self.prompt)
        for _ in 0..<2 {
            #expect(try await ask(server, Self.prompt).content == expected.content)
        }
        await server.shutdown()
    }

    @Test func `many at once and some that leave`() async throws {
        let kitchen = try kitchen()
        let first = server(kitchen)
        let prompts = (0..<8).map { Self.prompt + "\($0 % 4) what?" }
        var expected: [String] = []
        for prompt in prompts { expected.append(try await ask(first, prompt).content) }
        // The prompts differ in their last whole page; so do the answers, which end within the next.
        try await saved(kitchen, 12 + 4 + 4)
        await first.shutdown()
        let second = server(kitchen)
        let answers = try await withThrowingTaskGroup(of: (Int, Answer?).self) { group in
            for (index, prompt) in prompts.enumerated() {
                group.addTask { (index, try await ask(second, prompt)) }
            }
            for prompt in prompts {
                group.addTask {
                    // Gone before it is answered.
                    var request = GenerationRequest.completion(prompt, raw: true)
                    request.options = ["num_predict": 100]
                    if case .stream(let stream) = try await second.generate(request) {
                        _ = stream
                    }
                    return (-1, nil)
                }
            }
            var answers = [Answer?](repeating: nil, count: prompts.count)
            for try await (index, answer) in group where index >= 0 { answers[index] = answer }
            return answers
        }
        for (index, answer) in answers.enumerated() {
            #expect(answer?.content == expected[index])
            #expect(answer?.failure == nil)
        }
        #expect(answers.contains { $0?.summary?.cachedTokens ?? 0 >= 400 })
        try await eventually { await second.running().allSatisfy { $0.cacheBytes > 0 } }
        await second.shutdown()
    }
}

extension String {
    fileprivate subscript(offset offset: Int) -> Character {
        self[index(startIndex, offsetBy: offset)]
    }
}
