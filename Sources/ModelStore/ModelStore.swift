// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.
public import API
import Crypto

/// A failure of the store; `description` is the text that the API sends.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case notFound, invalidName, invalidDigest, digestMismatch, badRequest, malformed, io
    }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code; self.description = description
    }
}

/// `[host/][namespace/]model[:tag]`, defaults filled in.
public struct ModelName: Sendable, Hashable {
    public var host: String
    public var namespace: String
    public var model: String
    public var tag: String
    /// nil when the text is not a valid name.
    public init?(_ text: String) { fatalError("stub") }
    /// host/namespace/model:tag
    public var full: String { fatalError("stub") }
    /// Shortest form with tag, as lists show it.
    public var display: String { fatalError("stub") }
}

/// A validated SHA-256 digest; the only way to a blob's path.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    public let hex: String  // 64 lower-case digits
    public init?(_ text: String) { fatalError("stub") }  // sha256:… or sha256-…
    public var description: String { "sha256:" + hex }
    public var fileName: String { "sha256-" + hex }
}

public struct Layer: Sendable, Hashable {
    public var mediaType: String
    public var digest: Digest
    public var size: Int
    public var from: String?
}

public struct Manifest: Sendable, Hashable {
    public var config: Layer
    public var layers: [Layer]
}

/// Config blob of a model.
public struct ModelConfig: Sendable, Hashable {
    public var format = "", family = "", families: [String]? = nil, type = "", fileType = ""
    public var renderer = "", parser = "", requires = "", capabilities: [String] = []
    public var contextLength = 0, embeddingLength = 0
    public var remoteHost = "", remoteModel = ""
}

/// One model of the store with all its small parts read.
public struct StoredModel: Sendable {
    public var name: ModelName
    public var manifest: Manifest
    /// Hex SHA-256 of the manifest file.
    public var digest: String
    public var modified: Double  // seconds since 1970
    public var size: Int
    public var config: ModelConfig
    /// Path of the weights blob; nil for a model without one.
    public var weightsPath: String?
    public var projectorPaths: [String]
    public var adapterPaths: [String]
    public var parentModel: String
    public var template: String?
    public var system: String
    /// Options as stored: numbers, strings, lists.
    public var parameters: JSONObject
    public var messages: [Message]
    public var licenses: [String]
}

public struct CreateRequest: Sendable {
    public var name = ""
    public var from: String? = nil
    public var files: [(path: String, digest: String)]? = nil
    public var adapters: [(path: String, digest: String)]? = nil
    public var quantize = ""
    public var template: String? = nil
    public var system: String? = nil
    public var licenses: [String] = []
    public var parameters: JSONObject? = nil
    public var messages: [Message] = []
    public var renderer = "", parser = "", requires = ""
    public var info: JSONObject? = nil
    public init() {}
}

/// The models below one root directory, in Ollama's layout. Safe from any task; several processes may share a root.
public final class ModelStore: Sendable {
    public let root: String
    public init(root: String) throws(StoreError) { fatalError("stub") }
    /// OLLAMA_MODELS or ~/.ollama/models.
    public static func defaultRoot(environment: [String: String]) -> String { fatalError("stub") }
    /// The stored spelling of a name that differs by case only; else the name itself.
    public func resolve(_ name: ModelName) -> ModelName { fatalError("stub") }
    /// Makes a GGUF file outside the store usable under a name made from its file name, for the life of this object
    /// only (`apus run ./model.gguf`). Nothing is copied.
    public func addLocalFile(_ path: String) throws(StoreError) -> ModelName { fatalError("stub") }
    public func contains(_ name: ModelName) -> Bool { fatalError("stub") }
    /// - Throws: notFound when there is no manifest.
    public func model(_ name: ModelName) throws(StoreError) -> StoredModel { fatalError("stub") }
    /// All readable models, newest first; unreadable ones are reported to `skipped`.
    public func models(skipped: (String, StoreError) -> Void) -> [StoredModel] {
        fatalError("stub")
    }
    public func copy(_ source: ModelName, to destination: ModelName) throws(StoreError) {
        fatalError("stub")
    }
    /// Removes the manifest, then blobs that nothing uses.
    public func delete(_ name: ModelName) throws(StoreError) { fatalError("stub") }
    public func hasBlob(_ digest: Digest) -> Bool { fatalError("stub") }
    public func blobPath(_ digest: Digest) -> String { fatalError("stub") }
    /// Start-up pruning; returns (total, removed) blobs.
    public func prune() -> (total: Int, removed: Int) { fatalError("stub") }
    /// A blob that is being uploaded: write chunks, then finish (verifies, renames) or drop it (removes the temporary file).
    public func newBlob() throws(StoreError) -> BlobWriter { fatalError("stub") }
    /// Runs a create; `status` gets each progress line's text. Quantising and safetensors are refused by name.
    public func create(_ request: CreateRequest, status: @Sendable (String) -> Void)
        throws(StoreError)
    { fatalError("stub") }
}

public final class BlobWriter {
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) { fatalError("stub") }
    /// Returns the digest of what was written; throws digestMismatch (the bytes stay under their real digest) when `expected` differs.
    public func finish(expected: Digest?) throws(StoreError) -> Digest { fatalError("stub") }
    public func discard() { fatalError("stub") }
}

/// A parsed Modelfile.
public struct Modelfile: Sendable {
    public struct Command: Sendable, Equatable {
        public var name: String; public var arguments: String
    }
    public var commands: [Command]
    public init(parsing bytes: [UInt8]) throws(StoreError) { fatalError("stub") }
    /// Text of `show --modelfile`.
    public static func text(
        of model: StoredModel, store: ModelStore, system: String?, parameters: JSONObject?
    ) -> String { fatalError("stub") }
}
