// INTERFACE STUB: the owner of this module replaces this file; signatures are the contract.

/// What is wrong with a GGUF file, in one lower-case sentence that names the key or tensor and the value.
public struct GGUFError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        case io, notGGUF, truncated, unsupportedVersion, malformed, wrongType, missingKey
    }
    public let code: Code
    public let description: String
    public init(_ code: Code, _ description: String) {
        self.code = code; self.description = description
    }
}

/// Number of a tensor's element format in a GGUF file, with name and block geometry.
public struct TensorType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let f32 = TensorType(rawValue: 0)
    public static let f16 = TensorType(rawValue: 1)
    /// "F32", "Q4_K", ... ; "type 99" when unknown.
    public var description: String { fatalError("stub") }
    public init?(named: String) { fatalError("stub") }
    public var isKnown: Bool { fatalError("stub") }
    public var blockSize: Int { fatalError("stub") }  // elements
    public var blockBytes: Int { fatalError("stub") }
}

/// A value of the metadata section.
public enum MetadataValue: Sendable {
    case uint8(UInt8), int8(Int8), uint16(UInt16), int16(Int16), uint32(UInt32), int32(Int32)
    case uint64(UInt64), int64(Int64), float32(Float), float64(Double), bool(Bool), string(String)
    case array(MetadataArray)
}

/// An array of the metadata section; strings stay undecoded in the file until asked for.
public enum MetadataArray: Sendable {
    case uint8([UInt8]), int8([Int8]), uint16([UInt16]), int16([Int16]), uint32([UInt32]), int32(
        [Int32])
    case uint64([UInt64]), int64([Int64]), float32([Float]), float64([Double]), bool([Bool])
    case strings(StringArray), arrays([MetadataArray])
    public var count: Int { fatalError("stub") }
}

/// Strings of a metadata array, decoded on access (invalid UTF-8 repaired); raw bytes available.
public struct StringArray: RandomAccessCollection, Sendable {
    public var startIndex: Int { 0 }
    public var endIndex: Int { fatalError("stub") }
    public subscript(_ index: Int) -> String { fatalError("stub") }
    public func bytes(at index: Int) -> [UInt8] { fatalError("stub") }
    public init(_ strings: [String]) { fatalError("stub") }
}

/// Key/value pairs in file order. Typed getters return nil when absent, throw when the type is wrong.
public struct Metadata: Sendable {
    public init() { fatalError("stub") }
    public var keys: [String] { fatalError("stub") }
    public subscript(_ key: String) -> MetadataValue? {
        get { fatalError("stub") }
        set { fatalError("stub") }
    }
    public func string(_ key: String) throws(GGUFError) -> String? { fatalError("stub") }
    /// Any integer type that fits Int.
    public func integer(_ key: String) throws(GGUFError) -> Int? { fatalError("stub") }
    /// Any float type.
    public func float(_ key: String) throws(GGUFError) -> Float? { fatalError("stub") }
    public func bool(_ key: String) throws(GGUFError) -> Bool? { fatalError("stub") }
    public func strings(_ key: String) throws(GGUFError) -> StringArray? { fatalError("stub") }
    public func integers(_ key: String) throws(GGUFError) -> [Int]? { fatalError("stub") }
    public func floats(_ key: String) throws(GGUFError) -> [Float]? { fatalError("stub") }
    /// general.architecture; throws missingKey when absent or empty.
    public var architecture: String { get throws(GGUFError) { fatalError("stub") } }
}

/// Name, shape and place of a tensor. `dimensions` in GGUF order, fastest first.
public struct TensorInfo: Sendable {
    public let name: String
    public let dimensions: [Int]
    public let type: TensorType
    /// From the start of the file; offset + byteCount <= file size was checked.
    public let offset: Int
    public let byteCount: Int
    public let elementCount: Int
}

/// A GGUF file mapped read-only. The only owner of file bytes.
public final class GGUFFile: Sendable {
    public let path: String
    public let fileSize: Int
    public let version: UInt32
    public let alignment: Int
    public let metadata: Metadata
    public let tensors: [TensorInfo]
    public init(path: String) throws(GGUFError) { fatalError("stub") }
    /// Over bytes that live as long as the process (an embedded model). `label` stands for the path.
    public init(staticBytes: UnsafeRawBufferPointer, label: String) throws(GGUFError) {
        fatalError("stub")
    }
    public func tensor(_ name: String) -> TensorInfo? { fatalError("stub") }
    /// The tensor's bytes, valid as long as the file object lives.
    public func bytes(of tensor: TensorInfo) -> UnsafeRawBufferPointer { fatalError("stub") }
}

/// Writes a version 3 file: temporary file, fsync, rename.
public struct GGUFWriter {
    public var metadata: Metadata
    public init() { fatalError("stub") }
    public mutating func add(
        _ name: String, dimensions: [Int], type: TensorType, data: @escaping () -> [UInt8]
    ) { fatalError("stub") }
    public func write(to path: String) throws(GGUFError) { fatalError("stub") }
}
