import API
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite struct PushTests {
    /// A bench with a pulled model of two layers, and a registry that has forgotten it.
    private func bench(_ weights: [UInt8] = noise(300_000)) async throws -> PullBench {
        var bench = try await PullBench()
        bench.smallParts()
        bench.stub.addModel("ns/m:t", layers: [("model", weights), ("template", [1, 2])])
        #expect(await bench.pull().last == "success")
        bench.stub.change {
            $0.blobs = [:]
            $0.manifests = [:]
            $0.log = []
        }
        return bench
    }

    @Test func `What is pushed is what comes back`() async throws {
        let weights = noise(300_000)
        let bench = try await bench(weights)
        #expect(
            await bench.push().filter { !$0.hasPrefix("pushing ") || $0 == "pushing manifest" }
                == ["retrieving manifest", "pushing manifest", "success"])
        #expect(bench.stub.change { $0.blobs[StubRegistry.digest(weights)] } == weights)
        let first = bench.stub.log.first { $0.request.method == "PATCH" }!.request
        #expect(first.header("Content-Range") == "0-65535")
        #expect(first.header("Content-Length") == "65536")
        #expect(first.header("X-Redirect-Uploads") == "1")
        try bench.temporary.store.delete(ModelName("\(bench.stub.host)/ns/m:t")!)
        #expect(bench.blobFiles.isEmpty)
        #expect(await bench.pull().last == "success")
        #expect(bench.contents(StubRegistry.digest(weights)) == weights)

        // A second push sends no blob.
        bench.stub.change { $0.log = [] }
        #expect(await bench.push().last == "success")
        #expect(!bench.stub.log.contains { ["PATCH", "POST"].contains($0.request.method) })
        await bench.stub.stop()
    }

    @Test func `A part that fails is sent again`() async throws {
        let weights = noise(300_000)
        let bench = try await bench(weights)
        let faults = Mutex(0)
        bench.stub.change { state in
            state.fault = { _, request in
                guard request.method == "PATCH" else { return nil }
                let number = faults.withLock { number in
                    number += 1
                    return number
                }
                return number == 2 || number == 4 ? .init(500, text: "not now") : nil
            }
        }
        #expect(await bench.push().last == "success")
        #expect(bench.stub.change { $0.blobs[StubRegistry.digest(weights)] } == weights)
        await bench.stub.stop()
    }

    @Test func `A refused upload and a manifest that is not taken are told`() async throws {
        let bench = try await bench()
        bench.stub.change { state in
            state.fault = { _, request in
                request.method == "POST" ? .init(403, text: "upload refused") : nil
            }
        }
        let refused = await bench.push()
        #expect(refused.first == "retrieving manifest")
        #expect(refused.last == "error: 403: upload refused")
        bench.stub.change { state in
            state.fault = { _, request in
                request.uri.contains("manifests") ? .init(403, text: "no") : nil
            }
        }
        #expect(await bench.push().last == "error: 403: no")
        await bench.stub.stop()
    }

    @Test func `A model that is not stored and a name that is none are told`() async throws {
        let bench = try await PullBench()
        #expect(
            await bench.push() == [
                "retrieving manifest", "couldn't retrieve manifest",
                "error: open \(bench.temporary.root)/manifests/\(bench.stub.host)/ns/m/t: no such file or directory",
            ])
        let lines = Mutex<[String]>([])
        await #expect(throws: StoreError.self) {
            try await Registry(bench.temporary.store, bench.settings).push(
                "bad name!", insecure: false
            ) { line in lines.withLock { $0.append(line.status) } }
        }
        #expect(lines.withLock { $0 }.last == "couldn't retrieve manifest")
        await bench.stub.stop()
    }
}
