import API
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite struct PullTests {
    static let done = [
        "pulling manifest", "verifying sha256 digest", "writing manifest", "success",
    ]

    @Test(arguments: [true, false])
    func `A model arrives as the registry has it, from a store beside it or from itself`(
        redirects: Bool
    ) async throws {
        var bench = try await PullBench()
        bench.smallParts()
        bench.settings.progressInterval = .seconds(60)
        bench.stub.change { $0.redirects = redirects }
        let weights = noise(1_000_000)
        let manifest = bench.stub.addModel(
            "ns/m:t", layers: [("model", weights), ("template", Array("{{ .Prompt }}".utf8))])
        #expect(await bench.pull() == Self.done)
        #expect(bench.contents(StubRegistry.digest(weights)) == weights)
        let stored = try bench.temporary.store.manifest(
            of: ModelName("\(bench.stub.host)/ns/m:t")!)
        #expect(stored.bytes == manifest)
        #expect(bench.blobFiles.count == 3)
        let ranges = bench.stub.log.filter { $0.request.header("Range") != nil }
        #expect(ranges.count >= 16)

        // What is there is not fetched again.
        let before = bench.sent
        #expect(await bench.pull().filter { $0.hasPrefix("pulling ") }.count == 4)
        #expect(bench.sent == before)
        await bench.stub.stop()
    }

    @Test func `A model that the registry has not says so`() async throws {
        let bench = try await PullBench()
        #expect(
            await bench.pull() == [
                "pulling manifest", "error: pull model manifest: file does not exist",
            ])
        await bench.stub.stop()
    }

    @Test func `Wrong bytes are an error and leave nothing behind`() async throws {
        let bench = try await PullBench()
        let digest = StubRegistry.digest([1, 2, 3])
        bench.stub.addModel("ns/m:t", layers: [("model", [1, 2, 3])])
        bench.stub.change { $0.blobs[digest] = [1, 2, 4] }
        let lines = await bench.pull()
        #expect(
            lines.last
                == "error: digest mismatch, file must be downloaded again: want \(digest), got \(StubRegistry.digest([1, 2, 4]))"
        )
        #expect(!bench.blobFiles.contains { $0.hasPrefix(digest.replacing(":", with: "-")) })
        #expect(!bench.temporary.store.contains(ModelName("\(bench.stub.host)/ns/m:t")!))
        await bench.stub.stop()
    }

    @Test(arguments: [
        "sha256:../../../../../../tmp/apus-evil", "sha256:123", "sha256-", "md5:abc",
        "sha256:" + String(repeating: "a", count: 63) + "/",
        "../sha256:" + String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "a", count: 65),
    ])
    func `A digest that is none never becomes a path`(digest: String) async throws {
        let bench = try await PullBench()
        for place in ["layers", "config"] {
            bench.stub.change { state in
                let good = #"{"mediaType":"x","digest":"\#(digest)","size":3}"#
                let config =
                    #"{"mediaType":"x","digest":"\#(place == "config" ? digest : "")","size":3}"#
                state.manifests["ns/m:t"] = Array(
                    #"{"config":\#(config),"layers":[\#(place == "layers" ? good : "")]}"#.utf8)
            }
            let before = bench.temporary.tree().keys.sorted()
            #expect(await bench.pull().last == "error: invalid digest format")
            #expect(bench.temporary.tree().keys.sorted() == before)
        }
        #expect(!bench.stub.log.contains { $0.request.uri.contains("/blobs/") })
        await bench.stub.stop()
    }

    @Test func `Bodies that end early, errors and stalls are got over`() async throws {
        var bench = try await PullBench()
        bench.settings.stallTimeout = .milliseconds(400)
        bench.smallParts()
        let weights = noise(400_000)
        bench.stub.addModel("ns/m:t", layers: [("model", weights)])
        let faults = Mutex(0)
        bench.stub.change { state in
            state.fault = { server, request in
                guard server == "other",
                    let range = request.header("Range")?.dropFirst(6),
                    let start = Int(range.prefix { $0 != "-" }),
                    let end = Int(range.drop { $0 != "-" }.dropFirst()), end < weights.count
                else { return nil }
                let number = faults.withLock { number in
                    number += 1
                    return number
                }
                let bytes = Array(weights[start...end])
                let length = [
                    ("Content-Range", "bytes \(start)-\(end)/\(weights.count)")
                ]
                switch number {
                case 1: return .init(206, length, bytes, cut: 20_000)
                case 2: return .init(500, text: "not now")
                case 3: return .init(206, length, bytes, stall: 10_000)
                case 4: return .init(503)
                case 5: return .init(206, [("Content-Range", "bytes 1-5/9")], [1, 2, 3, 4, 5])
                default: return nil
                }
            }
        }
        #expect(await bench.pull().last == "success")
        #expect(bench.contents(StubRegistry.digest(weights)) == weights)
        #expect(faults.withLock { $0 } >= 5)
        await bench.stub.stop()
    }

    @Test func `A registry that stays broken ends the pull, after some attempts`() async throws {
        let bench = try await PullBench()
        bench.stub.addModel("ns/m:t", layers: [("model", noise(1000))])
        bench.stub.change { state in
            state.fault = { server, _ in server == "other" ? .init(500, text: "broken") : nil }
        }
        #expect(
            await bench.pull().last == "error: max retries exceeded: 500: broken")
        #expect(bench.stub.log.filter { $0.server == "other" }.count == 6)
        await bench.stub.stop()
    }

    @Test func `A store that knows no ranges is read in one piece`() async throws {
        var bench = try await PullBench()
        bench.smallParts()
        let weights = noise(300_000)
        let digest = StubRegistry.digest(weights)
        bench.stub.addModel("ns/m:t", layers: [("model", weights)])
        bench.stub.change { state in
            state.fault = { server, request in
                server == "other" && request.uri.hasSuffix(digest) ? .init(200, [], weights) : nil
            }
        }
        #expect(await bench.pull().last == "success")
        #expect(bench.contents(digest) == weights)
        await bench.stub.stop()
    }

    @Test func `A pull goes on where the one before was cancelled`() async throws {
        var bench = try await PullBench()
        bench.settings.partSizes = 262_144...262_144
        bench.settings.parallelParts = 4
        let weights = noise(8 << 20)
        let digest = StubRegistry.digest(weights)
        bench.stub.addModel("ns/m:t", layers: [("model", weights)])
        bench.stub.change { $0.pause = 20 }
        let first = bench
        let task = Task { await first.pull() }
        while first.recorded <= 1 << 20 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        #expect(await task.value.last == "error: CancellationError()")
        // The download ends on its own after the last caller has left.
        var kept = 0
        while kept != bench.recorded {
            kept = bench.recorded
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(kept < weights.count)
        #expect(bench.blobFiles.count { $0.contains("-partial-") } == 32)
        bench.stub.change {
            $0.pause = 0
            $0.log = []
        }
        #expect(await bench.pull().last == "success")
        #expect(bench.contents(digest) == weights)
        #expect(bench.sent <= weights.count - kept + 100)
        #expect(bench.blobFiles.count == 2)
        await bench.stub.stop()
    }

    @Test func `Of a damaged partial file the damaged part alone is fetched again`() async throws {
        var bench = try await PullBench()
        bench.smallParts()
        let weights = noise(16 * 65536)
        let digest = StubRegistry.digest(weights)
        bench.stub.addModel("ns/m:t", layers: [("model", weights)])
        // All parts but the last arrive.
        bench.stub.change { state in
            state.fault = { server, request in
                server == "other" && request.header("Range")?.contains("bytes=983040-") == true
                    ? .init(403, text: "no") : nil
            }
        }
        #expect(await bench.pull().last == "error: max retries exceeded: 403: no")
        let path = "\(bench.temporary.root)/blobs/\(digest.replacing(":", with: "-"))-partial"
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seek(toOffset: 3 * 65536 + 100)
        try file.write(contentsOf: Data([1, 2, 3, 4, 5, 6, 7, 8]))
        try file.close()
        bench.stub.change {
            $0.fault = nil
            $0.log = []
        }
        #expect(await bench.pull().last == "success")
        #expect(bench.contents(digest) == weights)
        let ranges = bench.stub.log.compactMap { entry in
            entry.request.uri.hasSuffix(digest) ? entry.request.header("Range") : nil
        }
        #expect(Set(ranges) == ["bytes=196608-262143", "bytes=983040-1048575"])
        await bench.stub.stop()
    }

    @Test func `Pulls of one blob at the same time share its download`() async throws {
        let bench = try await PullBench()
        let weights = noise(2 << 20)
        bench.stub.addModel("ns/a:t", layers: [("model", weights)])
        bench.stub.addModel("ns/b:t", layers: [("model", weights)])
        bench.stub.change { $0.pause = 5 }
        let registry = Registry(bench.temporary.store, bench.settings)
        async let a = bench.pull("ns/a:t", registry: registry)
        async let b = bench.pull("ns/b:t", registry: registry)
        #expect(await a.last == "success")
        #expect(await b.last == "success")
        #expect(bench.sent < weights.count + 1000)
        await bench.stub.stop()
    }

    @Test func `One of two who wait for a blob may leave`() async throws {
        let bench = try await PullBench()
        let weights = noise(2 << 20)
        bench.stub.addModel("ns/a:t", layers: [("model", weights)])
        bench.stub.addModel("ns/b:t", layers: [("model", weights)])
        bench.stub.change { $0.pause = 50 }
        let registry = Registry(bench.temporary.store, bench.settings)
        let first = Task { await bench.pull("ns/a:t", registry: registry) }
        while bench.sent == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let second = Task { await bench.pull("ns/b:t", registry: registry) }
        while !bench.stub.log.contains(where: { $0.request.uri.contains("/ns/b/") }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(50))
        first.cancel()
        #expect(await first.value.last == "error: CancellationError()")
        #expect(await second.value.last == "success")
        #expect(bench.sent < weights.count + 1000)
        await bench.stub.stop()
    }

    @Test func `An update removes the layers that it no longer needs`() async throws {
        let bench = try await PullBench()
        bench.stub.addModel("ns/m:t", layers: [("model", [1]), ("template", [2])])
        #expect(await bench.pull().last == "success")
        bench.stub.addModel("ns/m:t", layers: [("model", [1]), ("template", [3])])
        #expect(await bench.pull().suffix(2) == ["removing unused layers", "success"])
        #expect(bench.contents(StubRegistry.digest([2])) == nil)
        #expect(bench.contents(StubRegistry.digest([1])) == [1])
        await bench.stub.stop()
    }

    @Test func `A manifest without end is refused`() async throws {
        let bench = try await PullBench()
        bench.stub.change { state in
            state.fault = { _, _ in .init(200, [], [UInt8](repeating: 0x20, count: 5 << 20)) }
        }
        #expect(
            await bench.pull().last
                == "error: pull model manifest: manifest is longer than 4194304 bytes")
        await bench.stub.stop()
    }

    @Test func `A size that no disk holds is refused`() async throws {
        let bench = try await PullBench()
        bench.stub.addModel("ns/m:t", layers: [("model", [1])])
        for size in ["9223372036854775807", "17592186044415"] {
            bench.stub.change { state in
                state.fault = { _, request in
                    request.method == "HEAD" ? .init(200, [("Content-Length", size)]) : nil
                }
            }
            let last = await bench.pull().last ?? ""
            #expect(last.contains("too large") || last.contains("no space left on device"))
        }
        await bench.stub.stop()
    }
}
