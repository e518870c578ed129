/// Filters of text and numbers.
enum JinjaTextFilters {
    static let names: Set<String> = [
        "abs", "capitalize", "center", "d", "default", "e", "escape", "float", "forceescape",
        "format", "indent", "int", "lower", "replace", "round", "safe", "split", "string",
        "striptags", "title", "tojson", "trim", "truncate", "upper", "urlencode", "wordcount",
    ]

    static func apply(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "default", "d":
            let fallback = call.value(0, "default_value") ?? .string("")
            if value.isUndefined || call.flag(1, "boolean", false) && !value.isTrue {
                return fallback
            }
            return value
        case "tojson": return .string(try JinjaJSON.serialize(value, call))
        case "abs", "int", "float", "round": return try numeric(name, value, call)
        case "string", "safe": return .string(try value.printed())
        case "upper": return .string(try value.printed().uppercased())
        case "lower": return .string(try value.printed().lowercased())
        case "capitalize": return .string(JinjaMethods.capitalized(try value.printed()))
        case "title": return .string(title(try value.printed()))
        case "trim":
            let characters = try call.optionalText(0, "chars")
            return .string(JinjaMethods.strip(try value.printed(), characters))
        case "replace":
            let text = try value.printed()
            let old = try call.required(0, "old").printed()
            let new = try call.required(1, "new").printed()
            var count = -1
            if let limit = call.value(2, "count"), !limit.isNone {
                count = try call.integer(2, "count", -1)
            }
            return .string(try JinjaMethods.replace(text, old, new, count))
        case "split":
            return try JinjaMethods.call("split", on: .string(value.printed()), call)
        case "format":
            let arguments: JinjaValue
            if call.named.isEmpty {
                arguments = .tuple(call.positional)
            } else {
                let dict = JinjaDict()
                for (name, value) in call.named { dict[name] = value }
                arguments = .dict(dict)
            }
            return .string(try JinjaFormat.percent(value.printed(), arguments))
        case "indent": return .string(try indent(value.printed(), call))
        default: return try layout(name, value.printed(), call)
        }
    }

    private static func layout(
        _ name: String, _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "escape", "e", "forceescape": return .string(escaped(text))
        case "striptags": return .string(strippedTags(text))
        case "urlencode": return .string(urlEncoded(text))
        case "wordcount": return .integer(words(text))
        case "truncate": return .string(try truncated(text, call))
        default:
            let width = try call.integer(0, "width", 80)
            try TemplateBudget.check(bytes: width)
            let missing = max(0, width - text.unicodeScalars.count)
            let left = missing / 2 + (missing & width & 1)
            return .string(
                String(repeating: " ", count: left) + text
                    + String(repeating: " ", count: missing - left))
        }
    }

    // MARK: - Numbers

    private static func numeric(
        _ name: String, _ value: JinjaValue, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "abs":
            if let whole = value.wholeNumber, whole != .min { return .integer(abs(whole)) }
            guard let number = value.number else {
                throw TemplateError(
                    .execution, "bad operand type for abs(): '\(value.typeName)'")
            }
            return .float(abs(number))
        case "int":
            let fallback = call.value(0, "default") ?? .integer(0)
            if let whole = value.wholeNumber { return .integer(whole) }
            let base = try call.integer(1, "base", 10)
            if let text = value.text.map({ JinjaMethods.strip($0, nil) }), (2...36).contains(base) {
                if let whole = Int(text, radix: base) { return .integer(whole) }
            }
            guard let number = real(value), let whole = Int(exactly: number.rounded(.towardZero))
            else { return fallback }
            return .integer(whole)
        case "float":
            return real(value).map(JinjaValue.float) ?? call.value(0, "default") ?? .float(0)
        default:
            guard let number = value.number else {
                throw TemplateError(.execution, "type \(value.typeName) doesn't define __round__")
            }
            let digits = try call.integer(0, "precision", 0)
            let method = try call.text(1, "method", "common")
            return .float(rounded(number, digits: min(max(digits, -300), 300), method))
        }
    }

    private static func real(_ value: JinjaValue) -> Double? {
        if let text = value.text { return Double(JinjaMethods.strip(text, nil)) }
        return value.number
    }

    private static func rounded(_ number: Double, digits: Int, _ method: String) -> Double {
        if method == "common" {
            // Correctly rounded, as Python: by the exact decimal expansion.
            guard digits >= 0 else {
                let scale = floatingPower(10, Double(-digits))
                return (number / scale).rounded(.toNearestOrEven) * scale
            }
            let magnitude = Double(fixedPoint(abs(number), digits: digits)) ?? abs(number)
            return number < 0 ? -magnitude : magnitude
        }
        let scale = floatingPower(10, Double(digits))
        return (number * scale).rounded(method == "ceil" ? .up : .down) / scale
    }

    // MARK: - Text

    /// Capital letters at the beginning of words; words end at blanks and brackets.
    private static func title(_ text: String) -> String {
        var out = ""
        var startsWord = true
        for scalar in text.unicodeScalars {
            let breaks = scalar.isWhiteSpace || "-({[<".unicodeScalars.contains(scalar)
            out +=
                startsWord
                ? scalar.properties.uppercaseMapping
                : scalar.properties.lowercaseMapping
            startsWord = breaks
        }
        return out
    }

    static func escaped(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;".unicodeScalars
            case "<": out += "&lt;".unicodeScalars
            case ">": out += "&gt;".unicodeScalars
            case "'": out += "&#39;".unicodeScalars
            case "\"": out += "&#34;".unicodeScalars
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    private static func strippedTags(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "<", let end = rest.firstIndex(of: ">") {
                rest = rest[rest.index(after: end)...]
            } else {
                out.append(scalar)
            }
        }
        return JinjaMethods.words(String(out)).joined(separator: " ")
    }

    private static func urlEncoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "/"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + hexadecimal(UInt32(byte), width: 2).uppercased()
            }
        }
        return out
    }

    private static func words(_ text: String) -> Int {
        text.unicodeScalars.split { scalar in
            !(scalar == "_" || scalar.properties.isAlphabetic
                || scalar.properties.numericType != nil)
        }.count
    }

    private static func truncated(
        _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> String {
        let length = try call.integer(0, "length", 255)
        let kills = call.flag(1, "killwords", false)
        let end = try call.text(2, "end", "...")
        let leeway = try call.integer(3, "leeway", 5)
        let scalars = Array(text.unicodeScalars)
        let room = length - end.unicodeScalars.count
        guard room >= 0 else { throw TemplateError(.execution, "expected length >= \(-room)") }
        if scalars.count <= length.addingReportingOverflow(max(0, leeway)).partialValue {
            return text
        }
        var kept = scalars.prefix(room)
        if !kills, let blank = kept.lastIndex(of: " ") { kept = kept[..<blank] }
        return String(String.UnicodeScalarView(kept)) + end
    }

    private static func indent(_ text: String, _ call: JinjaCall) throws(TemplateError) -> String {
        var prefix = "    "
        switch call.value(0, "width") {
        case .integer(let width)?:
            try TemplateBudget.check(bytes: width)
            prefix = String(repeating: " ", count: max(0, width))
        case .string(let text)?: prefix = text
        default: break
        }
        let indentsFirst = call.flag(1, "first", false)
        let indentsBlank = call.flag(2, "blank", false)
        var lines = JinjaMethods.lines(text)
        if text.unicodeScalars.last == "\n" || text.isEmpty { lines.append("") }
        try TemplateBudget.check(bytes: text.utf8.count + lines.count * prefix.utf8.count)
        return lines.enumerated().map { index, line in
            if index == 0 { return indentsFirst ? prefix + line : line }
            return line.isEmpty && !indentsBlank ? line : prefix + line
        }.joined(separator: "\n")
    }
}
