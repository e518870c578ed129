import Foundation
import GGUF
import Synchronization
import Testing

@testable import ModelStore

/// A store in a temporary directory that is removed with this object.
final class TemporaryStore: Sendable {
    let root: String
    let store: ModelStore

    init() throws {
        root = NSTemporaryDirectory() + "apus-store-" + UUID().uuidString
        store = try ModelStore(root: root)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Uploads bytes; the digest's text.
    @discardableResult
    func upload(_ bytes: [UInt8]) throws -> String {
        let writer = try store.newBlob()
        try bytes.withUnsafeBufferPointer { try writer.write(UnsafeRawBufferPointer($0)) }
        return try writer.finish(expected: nil).description
    }

    /// The status lines of a create.
    @discardableResult
    func create(
        _ name: String, from: String? = nil, files: [(path: String, digest: String)]? = nil,
        change: (inout CreateRequest) -> Void = { _ in }
    ) throws -> [String] {
        var request = CreateRequest()
        request.name = name
        request.from = from
        request.files = files
        change(&request)
        return try run(request)
    }

    func run(_ request: CreateRequest) throws -> [String] {
        let lines = Mutex<[String]>([])
        try store.create(request) { line in lines.withLock { $0.append(line) } }
        return lines.withLock { $0 }
    }

    /// Paths below the root, directories with a slash at the end; small files with their text.
    func tree() -> [String: String] {
        var tree: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: root)! {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory)
            let data =
                isDirectory.boolValue
                ? nil : FileManager.default.contents(atPath: root + "/" + path)
            tree[path + (isDirectory.boolValue ? "/" : "")] =
                (data?.count ?? 0) < 10_000 ? String(decoding: data ?? Data(), as: UTF8.self) : ""
        }
        return tree
    }

    var blobCount: Int {
        tree().keys.count { $0.hasPrefix("blobs/sha256-") }
    }
}

/// Bytes of a small model file; `seed` makes different ones.
func smallGGUF(
    seed: UInt8 = 1, architecture: String = "llama", type: String? = nil,
    change: (inout Metadata) -> Void = { _ in }
) throws -> [UInt8] {
    var writer = GGUFWriter()
    writer.metadata["general.architecture"] = .string(architecture)
    if let type { writer.metadata["general.type"] = .string(type) }
    writer.metadata["general.file_type"] = .uint32(1)
    writer.metadata["\(architecture).block_count"] = .uint32(1)
    writer.metadata["\(architecture).context_length"] = .uint32(64)
    writer.metadata["\(architecture).embedding_length"] = .uint32(8)
    change(&writer.metadata)
    for name in ["token_embd.weight", "blk.0.ffn_up.weight", "blk.0.attn_k.weight"] {
        writer.add(name, dimensions: [8, 2], type: .f32) { [UInt8](repeating: seed, count: 64) }
    }
    let path = NSTemporaryDirectory() + "apus-gguf-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try writer.write(to: path)
    return [UInt8](try #require(FileManager.default.contents(atPath: path)))
}
