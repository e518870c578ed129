/// How registries are reached.
public struct RegistrySettings: Sendable {
    /// Sent to registries with every request.
    public var userAgent = "ollama/0.33.0"
    /// OpenSSH private key (Ed25519) that signs requests for tokens; empty: none.
    public var keyPath = ""
    /// Where HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, OLLAMA_REGISTRY_MIRROR, DOCKER_CONFIG
    /// and HOME are read.
    public var environment: [String: String] = [:]
    /// Removes layers that an update no longer needs.
    public var prunes = true

    /// Bytes of a part: a sixteenth of the blob within these bounds.
    var partSizes = 100_000_000...1_000_000_000
    var parallelParts = 16
    /// Attempts of one part.
    var attempts = 6
    /// Wait before the second attempt; doubles from one to the next.
    var retryDelay = Duration.seconds(1)
    /// Silence after which a transfer counts as stalled.
    var stallTimeout = Duration.seconds(30)
    /// How long a registry may take to answer what carries no blob.
    var answerTimeout = Duration.seconds(600)
    /// Between two progress lines of a layer.
    var progressInterval = Duration.milliseconds(60)
    /// Between two records on disk of how far a download has come; so many bytes are recorded earlier.
    var saveInterval = Duration.milliseconds(100)
    var saveBytes = 4 << 20
    /// Between two flushes of what has arrived.
    var flushInterval = Duration.seconds(2)

    public init() {}

    /// The address that stands for a host: a mirror when one is set, else the host itself.
    ///
    /// `OLLAMA_REGISTRY_MIRROR` is a list split at commas; an entry is `host=address`, or an address alone
    /// that stands for the default registry. An address is a host, or an http or https URL.
    func base(of host: String, insecure: Bool) throws(StoreError) -> RegistryURL {
        let scheme = insecure ? "http" : "https"
        for entry in (environment["OLLAMA_REGISTRY_MIRROR"] ?? "").split(separator: ",") {
            let entry = String(entry).trimmedASCII
            let sides = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard let address = sides.last?.trimmedASCII else { continue }
            let replaced = sides.count == 2 ? sides[0].trimmedASCII : ModelName.defaultHost
            guard ModelName.same(replaced, host) else { continue }
            let text = address.utf8.contains(UInt8(ascii: "/")) ? address : "\(scheme)://\(address)"
            guard let url = RegistryURL(text) else {
                throw StoreError(.badRequest, "OLLAMA_REGISTRY_MIRROR is no address: \(address)")
            }
            return url
        }
        guard let url = RegistryURL("\(scheme)://\(host)") else {
            throw StoreError(.invalidName, "invalid registry host \"\(host)\"")
        }
        return url
    }
}
