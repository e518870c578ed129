extension KeepAlive {
    /// Reads a request's `keep_alive`: seconds as a number, or a Go duration as a string; negative
    /// ones mean forever.
    ///
    /// - Throws: status 400 for other kinds of values and for strings that are no durations.
    public init(json value: JSONValue) throws(APIError) {
        switch value {
        case .number(let number):
            let seconds = number.double
            if seconds < 0 || seconds * 1e9 >= 9.2e18 {
                self = .forever
            } else {
                self = .seconds((seconds * 1e9).rounded(.towardZero) / 1e9)
            }
        case .string(let text):
            let duration = try GoDuration(parsing: text)
            self = duration.nanoseconds < 0 ? .forever : .seconds(duration.seconds)
        case .bool: throw APIError(400, "Unsupported type: 'bool'")
        case .array: throw APIError(400, "Unsupported type: '[]interface {}'")
        case .object: throw APIError(400, "Unsupported type: 'map[string]interface {}'")
        case .null: throw APIError(400, "Unsupported type: '%!s(<nil>)'")
        }
    }

    /// Reads the text of an environment variable, where a bare integer counts seconds.
    public init(variable text: String) throws(APIError) {
        if let seconds = Int(text) {
            self = seconds < 0 ? .forever : .seconds(Double(seconds))
        } else {
            try self.init(json: .string(text))
        }
    }
}

extension Think {
    /// Reads a request's `think`.
    ///
    /// - Throws: status 400 for anything but a boolean or one of the four levels.
    public init(json value: JSONValue) throws(APIError) {
        switch value {
        case .bool(let flag): self = flag ? .on : .off
        case .string(let level):
            guard ["high", "medium", "low", "max"].contains(level) else {
                throw APIError(
                    400,
                    "invalid think value: \(GoQuote.quoted(level)) "
                        + #"(must be "high", "medium", "low", "max", true, or false)"#)
            }
            self = .level(level)
        default:
            throw APIError(
                400,
                #"think must be a boolean or string ("high", "medium", "low", "max", true, or false)"#
            )
        }
    }

    public var json: JSONValue {
        switch self {
        case .off: false
        case .on: true
        case .level(let level): .string(level)
        }
    }
}
