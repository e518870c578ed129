/// The keywords of several schemas that must hold together.
struct SchemaFacts {
    struct Kinds: OptionSet {
        let rawValue: Int
        static let null = Kinds(rawValue: 1)
        static let boolean = Kinds(rawValue: 2)
        static let integer = Kinds(rawValue: 4)
        /// Numbers that are not written as integers.
        static let fraction = Kinds(rawValue: 8)
        static let string = Kinds(rawValue: 16)
        static let array = Kinds(rawValue: 32)
        static let object = Kinds(rawValue: 64)
        static let all = Kinds(rawValue: 127)

        static func named(_ name: String) -> Kinds? {
            switch name {
            case "null": return .null
            case "boolean": return .boolean
            case "integer": return .integer
            case "number": return [.integer, .fraction]
            case "string": return .string
            case "array": return .array
            case "object": return .object
            default: return nil
            }
        }
    }

    struct ObjectPart {
        var properties: [(key: [UInt8], schema: Int)] = []
        var patterns: [(pattern: String, schema: Int)] = []
        var additional: Int?
        var required: [[UInt8]] = []
        var names: Int?
    }

    /// Alternatives, of which one must hold; with `isExclusive` no more than one.
    struct Group {
        var options: [Int]
        var isExclusive: Bool
    }

    struct ArrayPart {
        var prefix: [Int] = []
        var rest: Int?
    }

    var kinds = Kinds.all
    /// The kinds that keywords without `type` speak of.
    var hints: Kinds = []
    var typed = false
    var impossible = false
    var enums: [[Int]] = []
    var lengths: (min: Int, max: Int?) = (0, nil)
    var patterns: [String] = []
    var low: NumberBound?
    var high: NumberBound?
    var multiples: [DecimalText] = []
    var objects: [ObjectPart] = []
    var propertyCounts: (min: Int, max: Int?) = (0, nil)
    var arrays: [ArrayPart] = []
    var itemCounts: (min: Int, max: Int?) = (0, nil)
    /// Of `anyOf` and `oneOf`.
    var groups: [Group] = []
    /// `unevaluatedProperties` and `unevaluatedItems` refuse what no other keyword speaks of.
    var closesObjects = false
    var closesArrays = false
    /// All schemas that were looked at.
    var schemas: [Int] = []

    var isFree: Bool {
        kinds == .all && hints.isEmpty && enums.isEmpty && !impossible
    }

    var effectiveKinds: Kinds {
        typed || hints.isEmpty ? kinds : kinds.intersection(hints)
    }

    /// Whether properties that are not declared are refused unless a keyword allows them.
    var isClosed: Bool {
        closesObjects || objects.contains { !$0.properties.isEmpty || !$0.patterns.isEmpty }
    }

    static func narrow(_ counts: inout (min: Int, max: Int?), min: Int?, max: Int?) {
        if let min { counts.min = Swift.max(counts.min, min) }
        if let max { counts.max = Swift.min(counts.max ?? max, max) }
    }

    mutating func bound(low bound: NumberBound) {
        guard let known = low else { return low = bound }
        if DecimalText.isBelow(known.value, bound.value)
            || (!DecimalText.isBelow(bound.value, known.value) && bound.exclusive)
        {
            low = bound
        }
    }

    mutating func bound(high bound: NumberBound) {
        guard let known = high else { return high = bound }
        if DecimalText.isBelow(bound.value, known.value)
            || (!DecimalText.isBelow(known.value, bound.value) && bound.exclusive)
        {
            high = bound
        }
    }
}
