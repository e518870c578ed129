import API

/// User names and passwords that `docker login` left in its settings file.
struct DockerCredentials: Sendable {
    private let entries: [(host: String, basic: String)]

    /// Reads `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`; none when it cannot be read.
    init(environment: [String: String]) {
        entries = Self.read(environment)
    }

    private static func read(_ environment: [String: String]) -> [(host: String, basic: String)] {
        var folder = environment["DOCKER_CONFIG"]?.trimmedASCII ?? ""
        if folder.isEmpty, let home = environment["HOME"], !home.isEmpty {
            folder = home + "/.docker"
        }
        guard !folder.isEmpty,
            let bytes = try? FileOperations.contents(folder + "/config.json", limit: 1 << 20),
            let members = (try? JSONValue(parsing: bytes))?["auths"]?.object
        else { return [] }
        var entries: [(host: String, basic: String)] = []
        for (address, entry) in members {
            guard let text = entry["auth"]?.string, !text.isEmpty,
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { continue }
            // Old files hold whole addresses.
            let host = RegistryURL(address)?.authority ?? address
            entries.append((host, text))
        }
        return entries
    }

    /// Base64 of name and password for a host as it is written in a model's name; nil when there are none.
    func basic(for host: String) -> String? {
        entries.first { ModelName.same($0.host, host) }?.basic
    }
}
