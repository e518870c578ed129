/// `[host/][namespace/]model[:tag]`, defaults filled in.
public struct ModelName: Sendable, Hashable {
    public static let defaultHost = "registry.ollama.ai"
    public static let defaultNamespace = "library"
    public static let defaultTag = "latest"

    public var host: String
    public var namespace: String
    public var model: String
    public var tag: String

    /// nil when the text is not a valid name. A `scheme://` in front is dropped.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        tag = Self.defaultTag
        namespace = Self.defaultNamespace
        host = Self.defaultHost
        let slash = UInt8(ascii: "/")
        let colon = rest.lastIndex(of: UInt8(ascii: ":"))
        if let colon, colon > rest.lastIndex(of: slash) ?? -1 {
            tag = String(decoding: rest[(colon + 1)...], as: UTF8.self)
            rest = rest[..<colon]
        }
        if let cut = rest.lastIndex(of: slash) {
            model = String(decoding: rest[(cut + 1)...], as: UTF8.self)
            rest = rest[..<cut]
            if let cut = rest.lastIndex(of: slash) {
                namespace = String(decoding: rest[(cut + 1)...], as: UTF8.self)
                rest = rest[..<cut]
                host = String(decoding: Self.withoutScheme(rest), as: UTF8.self)
            } else {
                namespace = String(decoding: rest, as: UTF8.self)
            }
        } else {
            model = String(decoding: rest, as: UTF8.self)
        }
        guard isValid else { return nil }
    }

    /// The parts of a manifest's path; nil when one of them is not valid.
    init?(host: String, namespace: String, model: String, tag: String) {
        self.host = host
        self.namespace = namespace
        self.model = model
        self.tag = tag
        guard isValid else { return nil }
    }

    /// host/namespace/model:tag
    public var full: String { "\(host)/\(namespace)/\(model):\(tag)" }

    /// Shortest form with tag, as lists show it.
    public var display: String {
        if !Self.same(host, Self.defaultHost) { return full }
        if !Self.same(namespace, Self.defaultNamespace) { return "\(namespace)/\(model):\(tag)" }
        return "\(model):\(tag)"
    }

    /// Whether both name the same model: names differ not by case.
    public func matches(_ other: ModelName) -> Bool {
        Self.same(host, other.host) && Self.same(namespace, other.namespace)
            && Self.same(model, other.model) && Self.same(tag, other.tag)
    }

    /// Below `manifests`.
    var path: String { "\(host)/\(namespace)/\(model)/\(tag)" }

    private var isValid: Bool {
        Self.isPart(host, limit: 350, others: "_.:-")
            && Self.isPart(namespace, limit: 80, others: "_-")
            && Self.isPart(model, limit: 80, others: "_.-")
            && Self.isPart(tag, limit: 80, others: "_.-")
    }

    private static func isPart(_ text: String, limit: Int, others: StaticString) -> Bool {
        let bytes = text.utf8
        guard (1...limit).contains(bytes.count), let first = bytes.first else { return false }
        let allowed = others.withUTF8Buffer { Array($0) }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && bytes.allSatisfy { isAlphanumeric($0) || allowed.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func withoutScheme(_ host: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let mark = Array("://".utf8)
        var index = host.startIndex
        while index + mark.count <= host.endIndex {
            if host[index..<(index + mark.count)].elementsEqual(mark) {
                return host[(index + mark.count)...]
            }
            index += 1
        }
        return host
    }

    static func same(_ left: String, _ right: String) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
        return left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
    }
}
