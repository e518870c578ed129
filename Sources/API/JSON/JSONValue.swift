@_exported public import OrderedCollections

/// Members of a JSON object in the order in which they were written.
public typealias JSONObject = OrderedDictionary<String, JSONValue>

/// A JSON value that keeps member order and the exact text of numbers.
///
/// Foundation's coders lose both, and clients compare key order; see RFC 8259 for the grammar.
/// Duplicate members: the last one wins, at the place of the first.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A JSON number by its literal, so that re-encoding changes nothing.
public struct JSONNumber: Sendable, Hashable {
    /// As written: `1`, `-0.5`, `1e3`.
    public let literal: String

    /// Trusts `literal` to be a JSON number.
    public init(literal: String) { self.literal = literal }
    public init(_ value: some BinaryInteger) { literal = String(value) }

    /// Shortest decimal form, as Go prints a float64: exponent form below 1e-6 and from 1e21 on.
    /// NaN and infinities, which JSON lacks, become `null`'s closest stand-in 0.
    public init(_ value: Double) {
        literal = shortestDecimal(value.isFinite ? value : 0, "\(value)")
    }
    /// Shortest decimal form of the single-precision value.
    public init(_ value: Float) {
        literal = shortestDecimal(Double(value.isFinite ? value : 0), "\(value)")
    }

    /// The value when the literal has neither fraction nor exponent and fits.
    public var integer: Int? { Int(literal) }
    public var double: Double {
        Double(literal) ?? (literal.hasPrefix("-") ? -.infinity : .infinity)
    }
}

/// Rewrites Swift's shortest digits (`1e-07`, `100000.0`) in Go's layout.
private func shortestDecimal(_ value: Double, _ description: String) -> String {
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    var digits = ""
    var exponent = 0
    var pointSeen = false
    var body = Substring(description)
    let negative = body.hasPrefix("-")
    if negative { body = body.dropFirst() }
    if let e = body.firstIndex(of: "e") {
        exponent = Int(body[body.index(after: e)...]) ?? 0
        body = body[..<e]
    }
    for character in body {
        if character == "." { pointSeen = true; continue }
        digits.append(character)
        if pointSeen { exponent -= 1 }
    }
    let trimmedLeading = digits.drop { $0 == "0" }
    digits = String(trimmedLeading)
    while digits.hasSuffix("0") {
        digits.removeLast()
        exponent += 1
    }
    // value = 0.digits * 10^scale
    let scale = digits.count + exponent
    let sign = negative ? "-" : ""
    // Of the digits, not of the value: the float nearest to 1e-6 lies below the double.
    let magnitude = abs(Double(description) ?? value)
    if magnitude < 1e-6 || magnitude >= 1e21 {
        let power = scale - 1
        let fraction = digits.dropFirst()
        let mantissa = digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
        return
            "\(sign)\(mantissa)e\(power < 0 ? "-" : "+")\(abs(power) < 10 ? "0" : "")\(abs(power))"
            .replacingShortExponent
    }
    if scale <= 0 { return sign + "0." + String(repeating: "0", count: -scale) + digits }
    if scale >= digits.count {
        return sign + digits + String(repeating: "0", count: scale - digits.count)
    }
    return sign + digits.prefix(scale) + "." + digits.dropFirst(scale)
}

extension String {
    /// Go's JSON encoder writes `1e-7`, not `1e-07`; positive exponents keep two digits.
    fileprivate var replacingShortExponent: String {
        guard let range = self.range(ofASCII: "e-0") else { return self }
        var copy = self
        copy.replaceSubrange(range, with: "e-")
        return copy
    }

    private func range(ofASCII needle: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(needle) {
                return index..<self.index(index, offsetBy: needle.count)
            }
            index = self.index(after: index)
        }
        return nil
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(nilLiteral: ()) { self = .null }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements, uniquingKeysWith: { _, last in last }))
    }
}

extension JSONValue {
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    public var integer: Int? { number?.integer }
    public var double: Double? { number?.double }
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }

    /// Member of an object; nil for a missing one and for other kinds of values.
    public subscript(_ key: String) -> JSONValue? { object?[key] }
    /// Element of an array; nil outside.
    public subscript(_ index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// `string`, `number`, `bool`, `array`, `object`, `null`: the kind as decoder errors name it.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
