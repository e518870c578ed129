public import API
public import Engine

/// Settings of the scheduler, from `OLLAMA_*` variables.
public struct ServingConfiguration: Sendable {
    /// Context of a sequence when neither request nor model names one. Default 0: 4096.
    public var contextLength = 0
    /// Sequences that one model generates at the same time. Default 4.
    public var parallel = 4
    /// Models kept in memory at once. Default 0: 3.
    public var maxLoadedModels = 0
    /// Requests that may wait for a load before others are refused. Default 512.
    public var maxQueue = 512
    /// How long an idle model stays loaded when the request says nothing. Default five minutes.
    public var keepAlive: KeepAlive = .seconds(300)
    /// Elements of the KV cache. Default F16.
    public var cacheType = SessionOptions.CacheType.f16
    /// Whether tokens that the text so far suggests are guessed and evaluated ahead; the answers are
    /// the same. Default true.
    public var speculates = true
    /// Whether Go templates win over the file's own Jinja template. Default nil: by what they can do.
    public var goTemplates: Bool? = nil
    /// Where prefixes survive unloading and restarts. Default nil: nowhere.
    public var diskCache: DiskCacheSettings? = nil
    /// Compute threads a model. Default 0: the CPUs this process may use.
    public var threads = 0

    public init() {}

    /// Models that may be loaded at once, at least one.
    var loadLimit: Int { maxLoadedModels > 0 ? maxLoadedModels : 3 }
}
