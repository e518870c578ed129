import API
import Foundation
import Synchronization
import TestSupport

@testable import ModelStore

/// A store, a registry, and what a pull between them says.
struct PullBench {
    let temporary: TemporaryStore
    let stub: StubRegistry
    var settings = RegistrySettings()

    init() async throws {
        temporary = try TemporaryStore()
        stub = try await StubRegistry()
        settings.retryDelay = .milliseconds(1)
        // A busy machine is no stall.
        settings.stallTimeout = .seconds(30)
        settings.saveInterval = .milliseconds(20)
    }

    /// Parts of 64 KiB.
    mutating func smallParts() { settings.partSizes = 65536...65536 }

    /// Status lines of a pull, the error's text last.
    func pull(_ name: String = "ns/m:t", registry: Registry? = nil) async -> [String] {
        let lines = Mutex<[String]>([])
        do {
            try await (registry ?? Registry(temporary.store, settings)).pull(
                ModelName("\(stub.host)/\(name)")!, insecure: true
            ) { line in
                lines.withLock { $0.append(line.status) }
            }
        } catch {
            lines.withLock { $0.append("error: \(error)") }
        }
        return lines.withLock { $0 }
    }

    func push(_ name: String = "ns/m:t") async -> [String] {
        let lines = Mutex<[String]>([])
        do {
            try await Registry(temporary.store, settings).push(
                "\(stub.host)/\(name)", insecure: true
            ) { line in
                lines.withLock { $0.append(line.status) }
            }
        } catch {
            lines.withLock { $0.append("error: \(error)") }
        }
        return lines.withLock { $0 }
    }

    func contents(_ digest: String) -> [UInt8]? {
        FileManager.default.contents(
            atPath: temporary.root + "/blobs/" + digest.replacing(":", with: "-")
        ).map { Array($0) }
    }

    var blobFiles: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: temporary.root + "/blobs")) ?? [])
            .sorted()
    }

    /// Completed bytes of all parts, as the records on disk tell.
    var recorded: Int {
        blobFiles.filter { $0.contains("-partial-") }.reduce(0) { sum, name in
            let bytes = FileManager.default.contents(
                atPath: "\(temporary.root)/blobs/\(name)")
            let json = try? JSONValue(parsing: Array(bytes ?? Data()))
            return sum + (json?["Completed"]?.integer ?? 0)
        }
    }

    /// Bytes of blobs that the servers sent.
    var sent: Int {
        stub.log.reduce(0) { sum, entry in
            let isBlob = entry.request.method == "GET" && entry.request.uri.contains("/blobs/")
            guard isBlob, entry.answer.status < 300 else { return sum }
            return sum + min(entry.answer.body.count, entry.answer.cut ?? .max)
        }
    }
}
