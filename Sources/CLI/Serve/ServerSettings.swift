import API
import Client
import Engine
import FoundationEssentials
import Logging
import ModelStore
import Server
import Serving

/// A variable of the server's environment and what becomes of it.
struct ServerVariable: Sendable {
    enum Effect: Sendable {
        case honoured
        /// Has no meaning here, for this reason.
        case ignored(String)
    }
    var name: String
    /// Line of the help text; nil when help does not list the variable.
    var help: String?
    var effect: Effect = .honoured
}

/// What the environment asks of a server.
struct ServerSettings {
    var host: Host
    var modelsFolder: String
    /// Those that the store offers beside what it holds.
    var embeddedModels: [EmbeddedModel]
    var serving: ServingConfiguration
    var server: ServerConfiguration
    /// Texts for the log about values that could not be used.
    var warnings: [String] = []

    private static let cpuOnly = "this build computes on the CPU"

    /// All variables, those of the help text first and in its order.
    static let variables: [ServerVariable] = [
        ServerVariable(
            name: "OLLAMA_DEBUG",
            help: "Show additional debug information (e.g. OLLAMA_DEBUG=1)"),
        ServerVariable(name: "OLLAMA_HOST", help: hostVariable.description),
        ServerVariable(
            name: "OLLAMA_CONTEXT_LENGTH",
            help: "Context length to use unless otherwise specified (default: 4k/32k/256k based on "
                + "VRAM)"),
        ServerVariable(
            name: "OLLAMA_KEEP_ALIVE",
            help: "The duration that models stay loaded in memory (default \"5m\")"),
        ServerVariable(
            name: "OLLAMA_MAX_LOADED_MODELS", help: "Maximum number of loaded models per GPU"),
        ServerVariable(
            name: "OLLAMA_MAX_TRANSFER_STREAMS",
            help:
                "Maximum parallel transfer streams for safetensors model pulls/pushes (default 4)",
            effect: .ignored("models of safetensors layers are not transferred")),
        ServerVariable(name: "OLLAMA_MAX_QUEUE", help: "Maximum number of queued requests"),
        ServerVariable(name: "OLLAMA_MODELS", help: "The path to the models directory"),
        ServerVariable(name: "OLLAMA_NUM_PARALLEL", help: "Maximum number of parallel requests"),
        ServerVariable(
            name: "OLLAMA_NO_CLOUD",
            help: "Disable Ollama cloud features (remote inference and web search)",
            effect: .ignored("there are no cloud features to disable")),
        ServerVariable(name: "OLLAMA_NOPRUNE", help: "Do not prune model blobs on startup"),
        ServerVariable(
            name: "OLLAMA_ORIGINS", help: "A comma separated list of allowed origins"),
        ServerVariable(
            name: "OLLAMA_SCHED_SPREAD", help: "Always schedule model across all GPUs",
            effect: .ignored(cpuOnly)),
        ServerVariable(
            name: "OLLAMA_FLASH_ATTENTION", help: "Enabled flash attention",
            effect: .ignored("attention is always computed without a score matrix")),
        ServerVariable(
            name: "OLLAMA_KV_CACHE_TYPE",
            help: "Quantization type for the K/V cache (default: f16)"),
        ServerVariable(
            name: "OLLAMA_LLM_LIBRARY", help: "Set LLM library to bypass autodetection",
            effect: .ignored("there is one engine")),
        ServerVariable(
            name: "OLLAMA_GPU_OVERHEAD", help: "Reserve a portion of VRAM per GPU (bytes)",
            effect: .ignored(cpuOnly)),
        ServerVariable(
            name: "OLLAMA_IGPU_ENABLE", help: "Enable integrated GPUs", effect: .ignored(cpuOnly)),
        ServerVariable(
            name: "LLAMA_ARG_FIT",
            help: "Enable llama.cpp automatic fit of unset memory options (default \"on\")",
            effect: .ignored("llama.cpp is not used")),
        ServerVariable(
            name: "LLAMA_ARG_FIT_TARGET",
            help: "Target free VRAM margin per device for llama.cpp fit (MiB)",
            effect: .ignored("llama.cpp is not used")),
        ServerVariable(
            name: "OLLAMA_LOAD_TIMEOUT",
            help: "How long to allow model loads to stall before giving up (default \"5m\")",
            effect: .ignored("models are mapped and loading does not stall")),
        ServerVariable(name: "OLLAMA_GO_TEMPLATE"),
        ServerVariable(name: "APUS_EMBEDDED"),
        ServerVariable(
            name: "APUS_SPECULATION",
            help: "Guess tokens ahead where the text repeats itself (default: on; 0 turns it off)"),
        ServerVariable(
            name: "APUS_DISK_CACHE",
            help: "Keep the keys and values of prompts on disk (default: on; 0 turns it off)"),
        ServerVariable(
            name: "APUS_DISK_CACHE_SIZE",
            help: "Most that they may take there, e.g. 500MB (default 4GiB)"),
        ServerVariable(name: "OLLAMA_REGISTRY_MIRROR"),
        ServerVariable(name: "HTTPS_PROXY"),
        ServerVariable(name: "HTTP_PROXY"),
        ServerVariable(name: "NO_PROXY"),
        ServerVariable(name: "SSL_CERT_FILE"),
        ServerVariable(name: "DOCKER_CONFIG"),
        ServerVariable(
            name: "OLLAMA_DEBUG_LOG_REQUESTS",
            effect: .ignored("requests are never written to disk")),
        ServerVariable(
            name: "OLLAMA_REMOTES", effect: .ignored("models of remote hosts are not run")),
        ServerVariable(name: "OLLAMA_AUTH", effect: .ignored("the server checks no signatures")),
        ServerVariable(name: "OLLAMA_VULKAN", effect: .ignored(cpuOnly)),
        ServerVariable(name: "CUDA_VISIBLE_DEVICES", effect: .ignored(cpuOnly)),
        ServerVariable(name: "HIP_VISIBLE_DEVICES", effect: .ignored(cpuOnly)),
        ServerVariable(name: "ROCR_VISIBLE_DEVICES", effect: .ignored(cpuOnly)),
        ServerVariable(name: "GGML_VK_VISIBLE_DEVICES", effect: .ignored(cpuOnly)),
        ServerVariable(name: "GPU_DEVICE_ORDINAL", effect: .ignored(cpuOnly)),
        ServerVariable(name: "HSA_OVERRIDE_GFX_VERSION", effect: .ignored(cpuOnly)),
    ]

    init(_ environment: Environment) {
        host = environment.host
        modelsFolder = ModelStore.defaultRoot(environment: environment.variables)
        embeddedModels = Self.embeddedModels(environment)
        serving = ServingConfiguration()
        server = ServerConfiguration()
        server.host = host.name.isEmpty ? "0.0.0.0" : host.name
        server.port = host.port
        server.prunesOnStart = !environment.bool("OLLAMA_NOPRUNE")
        server.registry.userAgent = Self.registryUserAgent(version: server.version)
        server.registry.keyPath = environment.settingsFolder + "/id_ed25519"
        server.registry.environment = environment.variables
        server.registry.prunes = server.prunesOnStart
        if let data = FileManager.default.contents(
            atPath: environment.settingsFolder + "/server.json"),
            (try? JSONValue(parsing: Array(data)))?["disable_ollama_cloud"]?.bool == true
        {
            server.cloudSource = environment.bool("OLLAMA_NO_CLOUD") ? "both" : "config"
        }
        if let port = host.rejectedPort {
            warnings.append("invalid port, using default port=\(port) default=\(host.port)")
        }
        let origins = environment["OLLAMA_ORIGINS"]
        if !origins.isEmpty {
            server.origins = origins.split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
        }
        func count(_ name: String, _ take: (Int) -> Void) {
            if let value = environment.count(name) {
                take(value)
            } else if !environment[name].isEmpty {
                warnings.append("\(name) is no unsigned number: \(environment[name])")
            }
        }
        var settings = serving
        count("OLLAMA_CONTEXT_LENGTH") { settings.contextLength = $0 }
        count("OLLAMA_NUM_PARALLEL") { settings.parallel = max(1, $0) }
        count("OLLAMA_MAX_LOADED_MODELS") { settings.maxLoadedModels = $0 }
        count("OLLAMA_MAX_QUEUE") { settings.maxQueue = $0 }
        let keepAlive = environment["OLLAMA_KEEP_ALIVE"]
        if !keepAlive.isEmpty {
            if let value = try? KeepAlive(variable: keepAlive) {
                settings.keepAlive = value
            } else {
                warnings.append("OLLAMA_KEEP_ALIVE is no duration: \(keepAlive)")
            }
        }
        let cacheType = environment["OLLAMA_KV_CACHE_TYPE"].lowercased()
        if !cacheType.isEmpty {
            if let type = SessionOptions.CacheType(rawValue: cacheType) {
                settings.cacheType = type
            } else {
                warnings.append(
                    "OLLAMA_KV_CACHE_TYPE: \(cacheType) is not supported, the cache is f16 "
                        + "(supported: f16, q8_0, f32)")
            }
        }
        settings.speculates = environment.bool("APUS_SPECULATION", default: true)
        if environment.bool("APUS_DISK_CACHE", default: true) {
            var cache = DiskCacheSettings(folder: modelsFolder + "/cache")
            if let size = environment.bytes("APUS_DISK_CACHE_SIZE") {
                cache.budget = size
            } else if !environment["APUS_DISK_CACHE_SIZE"].isEmpty {
                warnings.append(
                    "APUS_DISK_CACHE_SIZE is no size: \(environment["APUS_DISK_CACHE_SIZE"])")
            }
            settings.diskCache = cache
        }
        if !environment["OLLAMA_GO_TEMPLATE"].isEmpty {
            settings.goTemplates = environment.bool("OLLAMA_GO_TEMPLATE")
        }
        serving = settings
    }

    /// Registries read the version out of it, so its form is Ollama's.
    private static func registryUserAgent(version: String) -> String {
        #if arch(arm64)
            let machine = "arm64"
        #else
            let machine = "amd64"
        #endif
        #if os(Linux)
            let system = "linux"
        #else
            let system = "darwin"
        #endif
        return "ollama/\(version) (\(machine) \(system)) Swift/6.3"
    }

    /// All of the executable's models, none with `APUS_EMBEDDED=0`.
    static func embeddedModels(_ environment: Environment) -> [EmbeddedModel] {
        environment.bool("APUS_EMBEDDED", default: true) ? EmbeddedModel.all : []
    }

    /// The same for a server inside another command, which shows nothing and leaves the store alone.
    var embedded: ServerSettings {
        var copy = self
        copy.server.prunesOnStart = false
        copy.server.logsAccess = false
        return copy
    }

    /// Tells the log what the server was asked for and which requests have no effect.
    func report(to logger: Logger, _ environment: Environment) {
        let values = Self.variables.map { variable in
            // Addresses of proxies may hold passwords.
            let value = environment[variable.name]
            return "\(variable.name):\(value.contains("@") ? "***" : value)"
        }
        logger.info("server config", metadata: ["env": "map[\(values.joined(separator: " "))]"])
        for warning in warnings { logger.warning("\(warning)") }
        for variable in Self.variables where !environment[variable.name].isEmpty {
            if case .ignored(let reason) = variable.effect {
                logger.warning(
                    "environment variable has no effect",
                    metadata: ["name": "\(variable.name)", "reason": "\(reason)"])
            }
        }
    }
}
