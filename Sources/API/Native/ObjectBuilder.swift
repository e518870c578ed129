extension JSONObject {
    /// Adds a member unless its value is Go's empty one: "", 0, false, null, [] or {}.
    public mutating func addUnlessEmpty(_ key: String, _ value: JSONValue) {
        switch value {
        case .null, .bool(false), .string(""), .array([]): return
        case .number(let number) where number.integer == 0: return
        case .object(let members) where members.isEmpty: return
        default: self[key] = value
        }
    }
}

extension JSONValue {
    public static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

    public static func strings(_ values: [String]) -> JSONValue {
        .array(values.map { .string($0) })
    }

    /// As Go re-emits what it decoded without a type: members sorted, numbers as doubles.
    public var normalized: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.normalized))
        case .object(let members):
            var sorted = JSONObject()
            for key in members.keys.sorted(by: JSONValue.bytewise) {
                sorted[key] = members[key]!.normalized
            }
            return .object(sorted)
        case .number(let number):
            // Integers that a double holds exactly keep their literal.
            if let integer = number.integer, abs(integer) <= 1 << 53 { return .integer(integer) }
            return .number(JSONNumber(number.double))
        default: return self
        }
    }

    /// Order of map keys: by bytes.
    static func bytewise(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}
