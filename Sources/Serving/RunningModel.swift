public import ModelStore

/// A loaded model, as `/api/ps` lists it.
public struct RunningModel: Sendable {
    /// The tag that loaded it.
    public var model: StoredModel
    /// Bytes of weights, cache pages in use and scratch.
    public var size: Int
    /// Seconds since 1970; infinite: never. While a request runs: now and the keep-alive time.
    public var expiresAt: Double
    public var contextLength: Int
    /// Bytes of KV pages, those that wait to be used again included.
    public var cacheBytes: Int
    /// What they may grow to; then the least recently used go.
    public var cacheBudget: Int
}
