public import ModelStore

/// Address and access rules of a server.
public struct ServerConfiguration: Sendable {
    /// IP address or host name to bind.
    public var host = "127.0.0.1"
    /// 0: any free one.
    public var port = 11434
    /// Entries of OLLAMA_ORIGINS as split at commas; the local ones are added to them.
    public var origins: [String] = []
    /// Who `/api/status` says turned the cloud off: `env`, `config` or `both`.
    ///
    /// There is none, whoever says so; `env` is the one that no setting of a client can undo.
    public var cloudSource = "env"
    /// What `/api/version` answers.
    public var version = "0.33.0"
    /// Largest JSON body that is read into memory, in bytes.
    ///
    /// Blobs go to disk and have no limit.
    public var maxBodySize = 256 << 20
    /// Removes unused blobs before the first request (OLLAMA_NOPRUNE turns it off).
    public var prunesOnStart = true
    /// Prints one line a request to standard output.
    public var logsAccess = true

    /// How pulls and pushes reach registries.
    public var registry = RegistrySettings()

    public init() {}
}

/// Why a server cannot start; `description` is the text to show.
public struct ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
