import API

/// The framing of `text/event-stream`.
enum ServerSentEvents {
    static let type = "text/event-stream"

    /// An event with nothing but data.
    static func data(_ value: JSONValue) -> [UInt8] {
        Array("data: ".utf8) + value.serializedBytes + end
    }

    /// An event with a name.
    static func event(_ name: String, _ value: JSONValue) -> [UInt8] {
        Array("event: \(name)\n".utf8) + data(value)
    }

    /// The mark after the last event of OpenAI's streams.
    static let done = Array("data: [DONE]".utf8) + end

    private static let end: [UInt8] = [0x0A, 0x0A]
}
