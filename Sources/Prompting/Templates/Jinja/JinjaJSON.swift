import API

/// The `tojson` filter: Python's `json.dumps` without HTML escaping.
struct JinjaJSON {
    var indent: String?
    var isASCII = false
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    private var out: [UInt8] = []

    /// - Parameter arguments: `indent`, `ensure_ascii`, `separators`, `sort_keys`, by name or
    ///   place.
    static func serialize(
        _ value: JinjaValue, _ arguments: JinjaCall
    ) throws(TemplateError) -> String {
        var writer = JinjaJSON()
        if let ascii = arguments.value(0, "ensure_ascii") { writer.isASCII = ascii.isTrue }
        // transformers orders its parameters thus; Jinja's own filter has indent alone.
        var indent = arguments.value(1, "indent")
        if arguments.named["ensure_ascii"] == nil, case .integer? = arguments.positional.first {
            indent = arguments.positional[0]
            writer.isASCII = false
        }
        switch indent {
        case .integer(let count)?:
            try TemplateBudget.check(bytes: count)
            writer.indent = String(repeating: " ", count: max(0, count))
        case .string(let text)?: writer.indent = text
        default: break
        }
        if writer.indent != nil { writer.itemSeparator = "," }
        if let separators = arguments.value(2, "separators"), !separators.isNone {
            let pair = try separators.elements()
            guard pair.count == 2, let item = pair[0].text, let key = pair[1].text else {
                throw TemplateError(.execution, "separators must be two strings")
            }
            (writer.itemSeparator, writer.keySeparator) = (item, key)
        }
        if let sorts = arguments.value(3, "sort_keys") { writer.sortsKeys = sorts.isTrue }
        try writer.write(value, level: 0)
        return String(decoding: writer.out, as: UTF8.self)
    }

    private mutating func breakLine(_ level: Int) {
        guard let indent else { return }
        out.append(0x0A)
        for _ in 0..<level { out += indent.utf8 }
    }

    private mutating func write(_ value: JinjaValue, level: Int) throws(TemplateError) {
        if level > TemplateBudget.evaluationDepth {
            throw TemplateError(.budget, "value nests deeper than \(level) levels")
        }
        try TemplateBudget.check(bytes: out.count)
        switch value {
        case .none: out += "null".utf8
        case .bool(let flag): out += (flag ? "true" : "false").utf8
        case .integer(let number): out += String(number).utf8
        case .float(let number): out += Self.text(number).utf8
        case .string(let text): write(text)
        case .list(let list): try write(list.elements, level)
        case .tuple(let elements): try write(elements, level)
        case .dict(let dict): try write(dict, level)
        case .undefined, .namespace, .loop, .cycler, .function:
            throw TemplateError(
                .execution, "Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return pythonFloat(number)
    }

    private mutating func write(_ elements: [JinjaValue], _ level: Int) throws(TemplateError) {
        if elements.isEmpty {
            out += "[]".utf8
            return
        }
        out.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { out += itemSeparator.utf8 }
            breakLine(level + 1)
            try write(element, level: level + 1)
        }
        breakLine(level)
        out.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ dict: JinjaDict, _ level: Int) throws(TemplateError) {
        if dict.members.isEmpty {
            out += "{}".utf8
            return
        }
        var members: [(name: String, value: JinjaValue)] = []
        for (key, value) in dict.members { members.append((try Self.name(key), value)) }
        if sortsKeys { members.sort { $0.name.isBytewiseLess(than: $1.name) } }
        out.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { out += itemSeparator.utf8 }
            breakLine(level + 1)
            write(member.name)
            out += keySeparator.utf8
            try write(member.value, level: level + 1)
        }
        breakLine(level)
        out.append(UInt8(ascii: "}"))
    }

    private static func name(_ key: JinjaKey) throws(TemplateError) -> String {
        switch key {
        case .string(let name): return name
        case .none: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .float(let number): return text(number)
        case .tuple:
            throw TemplateError(
                .execution, "keys must be str, int, float, bool or None, not tuple")
        }
    }

    private mutating func write(_ text: String) {
        out += JSONValue.string(text).pythonSerialized(asciiOnly: isASCII).utf8
    }
}
