/// A value of the metadata section, in the type in which the file holds it.
public enum MetadataValue: Sendable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case uint64(UInt64)
    case int64(Int64)
    case float32(Float)
    case float64(Double)
    case bool(Bool)
    case string(String)
    case array(MetadataArray)

    /// As error texts call it.
    var typeName: String {
        switch self {
        case .uint8: "uint8"
        case .int8: "int8"
        case .uint16: "uint16"
        case .int16: "int16"
        case .uint32: "uint32"
        case .int32: "int32"
        case .uint64: "uint64"
        case .int64: "int64"
        case .float32: "float32"
        case .float64: "float64"
        case .bool: "bool"
        case .string: "string"
        case .array: "array"
        }
    }
}

/// An array of the metadata section; strings stay in the file until asked for.
public enum MetadataArray: Sendable {
    case uint8([UInt8])
    case int8([Int8])
    case uint16([UInt16])
    case int16([Int16])
    case uint32([UInt32])
    case int32([Int32])
    case uint64([UInt64])
    case int64([Int64])
    case float32([Float])
    case float64([Double])
    case bool([Bool])
    case strings(StringArray)
    case arrays([MetadataArray])

    public var count: Int {
        switch self {
        case .uint8(let a): a.count
        case .int8(let a): a.count
        case .uint16(let a): a.count
        case .int16(let a): a.count
        case .uint32(let a): a.count
        case .int32(let a): a.count
        case .uint64(let a): a.count
        case .int64(let a): a.count
        case .float32(let a): a.count
        case .float64(let a): a.count
        case .bool(let a): a.count
        case .strings(let a): a.count
        case .arrays(let a): a.count
        }
    }
}

/// Key/value pairs in file order.
///
/// Typed getters return nil when the key is absent and throw when its value has another type.
public struct Metadata: Sendable {
    public private(set) var keys: [String] = []
    private var values: [String: MetadataValue] = [:]

    public init() {}

    public subscript(_ key: String) -> MetadataValue? {
        get { values[key] }
        set {
            if values.updateValue(newValue ?? .bool(false), forKey: key) == nil { keys.append(key) }
            if newValue == nil {
                values[key] = nil
                keys.removeAll { $0 == key }
            }
        }
    }

    private func wrongType(_ key: String, _ value: MetadataValue, _ wanted: String) -> GGUFError {
        GGUFError(.wrongType, "key \"\(key)\": expected \(wanted), found \(value.typeName)")
    }

    public func string(_ key: String) throws(GGUFError) -> String? {
        guard let value = values[key] else { return nil }
        guard case .string(let string) = value else { throw wrongType(key, value, "string") }
        return string
    }

    /// Any integer type whose value fits Int.
    public func integer(_ key: String) throws(GGUFError) -> Int? {
        guard let value = values[key] else { return nil }
        switch value {
        case .uint8(let v): return Int(v)
        case .int8(let v): return Int(v)
        case .uint16(let v): return Int(v)
        case .int16(let v): return Int(v)
        case .uint32(let v): return Int(v)
        case .int32(let v): return Int(v)
        case .int64(let v): return Int(v)
        case .uint64(let v):
            guard let int = Int(exactly: v) else {
                throw GGUFError(.malformed, "key \"\(key)\": \(v) is too large")
            }
            return int
        default: throw wrongType(key, value, "integer")
        }
    }

    /// Either float type.
    public func float(_ key: String) throws(GGUFError) -> Float? {
        guard let value = values[key] else { return nil }
        switch value {
        case .float32(let v): return v
        case .float64(let v): return Float(v)
        default: throw wrongType(key, value, "float")
        }
    }

    public func bool(_ key: String) throws(GGUFError) -> Bool? {
        guard let value = values[key] else { return nil }
        guard case .bool(let bool) = value else { throw wrongType(key, value, "bool") }
        return bool
    }

    public func strings(_ key: String) throws(GGUFError) -> StringArray? {
        guard let value = values[key] else { return nil }
        guard case .array(.strings(let strings)) = value else {
            throw wrongType(key, value, "array of strings")
        }
        return strings
    }

    /// An array of any integer type whose values fit Int.
    public func integers(_ key: String) throws(GGUFError) -> [Int]? {
        guard let value = values[key] else { return nil }
        guard case .array(let array) = value else {
            throw wrongType(key, value, "array of integers")
        }
        switch array {
        case .uint8(let a): return a.map { Int($0) }
        case .int8(let a): return a.map { Int($0) }
        case .uint16(let a): return a.map { Int($0) }
        case .int16(let a): return a.map { Int($0) }
        case .uint32(let a): return a.map { Int($0) }
        case .int32(let a): return a.map { Int($0) }
        case .int64(let a): return a.map { Int($0) }
        case .uint64(let a):
            if let large = a.first(where: { $0 > UInt64(Int.max) }) {
                throw GGUFError(.malformed, "key \"\(key)\": \(large) is too large")
            }
            return a.map { Int($0) }
        default: throw wrongType(key, value, "array of integers")
        }
    }

    /// An array of either float type.
    public func floats(_ key: String) throws(GGUFError) -> [Float]? {
        guard let value = values[key] else { return nil }
        switch value {
        case .array(.float32(let a)): return a
        case .array(.float64(let a)): return a.map { Float($0) }
        default: throw wrongType(key, value, "array of floats")
        }
    }

    /// The value of `general.architecture`.
    ///
    /// - Throws: ``GGUFError`` with code `missingKey` when it is absent or empty.
    public var architecture: String {
        get throws(GGUFError) {
            guard let name = try string("general.architecture"), !name.isEmpty else {
                throw GGUFError(.missingKey, "key \"general.architecture\" is missing")
            }
            return name
        }
    }
}
