import API
import Logging

/// Writes log records to stderr, one line each, in the form that Ollama's log has.
struct StandardErrorLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let file = event.file.split(separator: "/").last ?? ""
        Console.error(
            LogLine.text(
                time: Clock.logTime(.now), level: Self.name(event.level),
                source: "\(file):\(event.line)", message: event.message.description,
                fields: fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }))
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error, .critical: "ERROR"
        }
    }

    /// A logger of the level that `OLLAMA_DEBUG` asks for.
    static func logger(_ environment: Environment) -> Logger {
        Logger(label: programName) { _ in StandardErrorLog(logLevel: level(environment)) }
    }

    /// Logger for servers inside other commands, whose failures reach the user as answers.
    static var quiet: Logger {
        Logger(label: programName) { _ in StandardErrorLog(logLevel: .critical) }
    }

    /// true: debug; a number n: level n of verbosity, 2 being trace; else info.
    static func level(_ environment: Environment) -> Logger.Level {
        let text = environment["OLLAMA_DEBUG"]
        if text.isEmpty { return .info }
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": return .debug
        case "0", "f", "F", "FALSE", "false", "False": return .info
        default: break
        }
        guard let number = Int(text) else { return .debug }
        if number >= 2 { return .trace }
        if number == -1 { return .warning }
        return number < -1 ? .error : .info
    }
}
