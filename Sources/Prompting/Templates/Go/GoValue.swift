import API

/// A value that a Go template computes with.
indirect enum GoValue: Sendable {
    /// A missing map entry or nil.
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list([GoValue], GoStyle = .plain)
    /// Entries sorted by key.
    case map([(key: String, value: GoValue)], GoStyle = .plain)
    case record(GoRecord)
}

/// How a list or map prints.
enum GoStyle: Sendable {
    /// `[a b]`, `map[k:v]`
    case plain
    /// Compact JSON, as types with their own `String()` do.
    case json
    /// The types of a tool's property: one prints bare.
    case propertyType
}

/// A value with fixed fields; asking for another field is an error.
struct GoRecord: Sendable {
    let type: String
    /// In order of declaration.
    let fields: [(name: String, value: GoValue)]
    /// What `json` gives.
    let json: JSONValue
    let printsJSON: Bool

    func field(_ name: String) -> GoValue? {
        fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}

extension GoValue {
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .number(let number): self = .float(number.double)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map(GoValue.init))
        case .object(let members): self = .map(GoValue.entries(members))
        }
    }

    /// Entries in the order of Go's maps: by the bytes of their keys.
    static func entries(_ members: JSONObject) -> [(key: String, value: GoValue)] {
        members.map { ($0.key, GoValue($0.value)) }.sorted { $0.key.isBytewiseLess(than: $1.key) }
    }

    var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let elements, _): !elements.isEmpty
        case .map(let entries, _): !entries.isEmpty
        case .record: true
        }
    }

    /// Go's name of the type, for error texts.
    var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "[]interface {}"
        case .map: "map[string]interface {}"
        case .record(let record): record.type
        }
    }

    /// The value in JSON, members sorted.
    var json: JSONValue {
        switch self {
        case .none: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .number(JSONNumber(value))
        case .float(let value): .number(JSONNumber(value))
        case .string(let value): .string(value)
        case .list(let elements, .propertyType) where elements.count == 1: elements[0].json
        case .list(let elements, .json) where elements.isEmpty: .null
        case .list(let elements, _): .array(elements.map(\.json))
        case .map(let entries, _):
            .object(
                JSONObject(
                    entries.map { ($0.key, $0.value.json) }, uniquingKeysWith: { _, last in last }))
        case .record(let record): record.json
        }
    }

    /// The value as `fmt.Fprint` writes it.
    var printed: String {
        switch self {
        case .none: return "<no value>"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .float(let value): return goShortest(value)
        case .string(let value): return value
        case .list(_, .json), .map(_, .json): return json.serialized
        case .list(let elements, .propertyType) where elements.count < 2:
            return elements.first?.printed ?? ""
        case .list(let elements, _):
            return "[" + elements.map(\.printedInside).joined(separator: " ") + "]"
        case .map(let entries, _):
            return "map["
                + entries.map { $0.key + ":" + $0.value.printedInside }.joined(separator: " ") + "]"
        case .record(let record):
            if record.printsJSON { return record.json.serialized }
            return "{" + record.fields.map(\.value.printedInside).joined(separator: " ") + "}"
        }
    }

    private var printedInside: String {
        if case .none = self { return "<nil>" }
        return printed
    }
}

/// A float as Go's `%v` writes it: shortest digits, exponent form outside 1e-4 ..< 1e6.
func goShortest(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    let (digits, point) = decimalDigits(of: abs(value))
    let sign = value < 0 ? "-" : ""
    let exponent = point - 1
    if exponent < -4 || exponent >= 6 {
        let fraction = digits.dropFirst()
        let mantissa = String(digits.prefix(1)) + (fraction.isEmpty ? "" : "." + fraction)
        let power = String(abs(exponent))
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+")
            + (power.utf8.count < 2 ? "0" : "") + power
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.utf8.count {
        return sign + digits + String(repeating: "0", count: point - digits.utf8.count)
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}

/// Shortest digits that read back as `value`, and where the point stands: 0.DIGITS * 10^point.
///
/// `value` is finite and above zero.
func decimalDigits(of value: Double) -> (digits: String, point: Int) {
    var digits: [UInt8] = []
    var exponent = 0
    var point: Int?
    var rest = Array(value.description.utf8)[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "."): point = digits.count
        case UInt8(ascii: "e"):
            exponent = Int(String(decoding: rest, as: UTF8.self)) ?? 0
            rest = []
        default: digits.append(byte)
        }
    }
    var scale = (point ?? digits.count) + exponent
    let leading = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(leading)
    scale -= leading
    while digits.last == 0x30 { digits.removeLast() }
    return (String(decoding: digits, as: UTF8.self), scale)
}

extension String {
    /// Order of the UTF-8 bytes, which is also that of the code points.
    func isBytewiseLess(than other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// Same bytes; `==` would also equate canonically equivalent spellings.
    func isBytewiseEqual(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
