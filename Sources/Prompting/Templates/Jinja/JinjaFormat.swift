/// Python's `%` formatting and `str.format`.
enum JinjaFormat {
    struct Specification {
        var fill: Unicode.Scalar = " "
        var alignment: Unicode.Scalar?
        var sign: Unicode.Scalar = "-"
        var isAlternate = false
        var groups = false
        var width = 0
        var precision: Int?
        var type: Unicode.Scalar = "s"
    }

    /// Reads digits; sizes beyond a million are refused.
    private static func number(
        _ rest: inout ArraySlice<Unicode.Scalar>
    ) throws(TemplateError) -> Int? {
        var value: Int?
        while let digit = rest.first, ("0"..."9").contains(digit) {
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            rest.removeFirst()
            if value! > 1_000_000 { throw TemplateError(.budget, "format width is too large") }
        }
        return value
    }

    // MARK: - Percent

    static func percent(
        _ format: String, _ arguments: JinjaValue
    ) throws(TemplateError) -> String {
        var out = String.UnicodeScalarView()
        var rest = Array(format.unicodeScalars)[...]
        var values: [JinjaValue] = [arguments]
        if case .tuple(let elements) = arguments { values = elements }
        var used = 0
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                out.append(scalar)
                continue
            }
            var value: JinjaValue?
            if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(String.UnicodeScalarView(rest[(rest.startIndex + 1)..<end]))
                rest = rest[(end + 1)...]
                guard case .dict(let dict) = arguments else {
                    throw TemplateError(.execution, "format requires a mapping")
                }
                guard let member = dict[name] else {
                    throw TemplateError(.execution, "KeyError: \(pythonQuoted(name))")
                }
                value = member
                used = values.count
            }
            var specification = Specification()
            specification.alignment = ">"
            while let flag = rest.first, "-+ #0".unicodeScalars.contains(flag) {
                rest.removeFirst()
                switch flag {
                case "-": specification.alignment = "<"
                case "0":
                    if specification.alignment != "<" {
                        specification.fill = "0"
                        specification.alignment = "="
                    }
                case "#": specification.isAlternate = true
                default: specification.sign = flag
                }
            }
            specification.width = try number(&rest) ?? 0
            if rest.first == "." {
                rest.removeFirst()
                specification.precision = try number(&rest) ?? 0
            }
            guard let type = rest.popFirst() else {
                throw TemplateError(.execution, "incomplete format")
            }
            if type == "%" {
                out.append("%")
                continue
            }
            if value == nil {
                guard used < values.count else {
                    throw TemplateError(.execution, "not enough arguments for format string")
                }
                value = values[used]
                used += 1
            }
            specification.type = type == "i" || type == "u" ? "d" : type
            out += try self.format(value!, specification).unicodeScalars
            try TemplateBudget.check(bytes: out.count)
        }
        if used < values.count, case .tuple = arguments {
            throw TemplateError(.execution, "not all arguments converted during string formatting")
        }
        return String(out)
    }

    // MARK: - Braces

    static func braces(_ format: String, _ call: JinjaCall) throws(TemplateError) -> String {
        var out = String.UnicodeScalarView()
        var rest = Array(format.unicodeScalars)[...]
        var next = 0
        while let scalar = rest.popFirst() {
            if scalar == "{" || scalar == "}", rest.first == scalar {
                rest.removeFirst()
                out.append(scalar)
                continue
            }
            if scalar == "}" {
                throw TemplateError(.execution, "Single '}' encountered in format string")
            }
            guard scalar == "{" else {
                out.append(scalar)
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw TemplateError(.execution, "expected '}' before end of string")
            }
            let field = rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            let colon = field.firstIndex(of: ":") ?? field.endIndex
            var name = field[..<colon]
            var conversion: Unicode.Scalar?
            if name.count > 1, name[name.endIndex - 2] == "!" {
                conversion = name.last
                name = name.dropLast(2)
            }
            var value = try lookUp(name, call, &next)
            if conversion == "r" { value = .string(try value.represented()) }
            if conversion == "s" { value = .string(try value.printed()) }
            let text = colon < field.endIndex ? field[(colon + 1)...] : []
            out += try self.format(value, specification(text, value)).unicodeScalars
            try TemplateBudget.check(bytes: out.count)
        }
        return String(out)
    }

    private static func lookUp(
        _ field: ArraySlice<Unicode.Scalar>, _ call: JinjaCall, _ next: inout Int
    ) throws(TemplateError) -> JinjaValue {
        let name = String(String.UnicodeScalarView(field))
        if name.isEmpty || Int(name) != nil {
            let index = Int(name) ?? next
            if name.isEmpty { next += 1 }
            guard call.positional.indices.contains(index) else {
                throw TemplateError(
                    .execution, "Replacement index \(index) out of range for positional args tuple")
            }
            return call.positional[index]
        }
        guard let value = call.named[name] else {
            throw TemplateError(.execution, "KeyError: \(pythonQuoted(name))")
        }
        return value
    }

    /// `[[fill]align][sign][#][0][width][,][.precision][type]`
    private static func specification(
        _ text: ArraySlice<Unicode.Scalar>, _ value: JinjaValue
    ) throws(TemplateError) -> Specification {
        var specification = Specification()
        var rest = text
        let alignments = "<>^=".unicodeScalars
        if rest.count > 1, alignments.contains(rest[rest.startIndex + 1]) {
            specification.fill = rest.removeFirst()
            specification.alignment = rest.removeFirst()
        } else if let first = rest.first, alignments.contains(first) {
            specification.alignment = rest.removeFirst()
        }
        if let sign = rest.first, "+- ".unicodeScalars.contains(sign) {
            specification.sign = rest.removeFirst()
        }
        if rest.first == "#" {
            rest.removeFirst()
            specification.isAlternate = true
        }
        if rest.first == "0" {
            rest.removeFirst()
            if specification.alignment == nil {
                specification.fill = "0"
                specification.alignment = "="
            }
        }
        specification.width = try number(&rest) ?? 0
        if rest.first == "," {
            rest.removeFirst()
            specification.groups = true
        }
        if rest.first == "." {
            rest.removeFirst()
            specification.precision = try number(&rest) ?? 0
        }
        let isNumber = value.number != nil
        if let type = rest.popFirst() {
            specification.type = type
        } else if isNumber {
            let isPlainFloat = value.wholeNumber == nil && specification.precision == nil
            specification.type = value.wholeNumber != nil ? "d" : isPlainFloat ? "s" : "g"
            if case .bool = value { specification.type = "s" }
        }
        if specification.alignment == nil { specification.alignment = isNumber ? ">" : "<" }
        return specification
    }

    // MARK: - Values

    static func format(
        _ value: JinjaValue, _ specification: Specification
    ) throws(TemplateError) -> String {
        var text: String
        var isNegative = false
        var isNumber = true
        let precision = specification.precision ?? 6
        switch specification.type {
        case "s", "r":
            text = specification.type == "r" ? try value.represented() : try value.printed()
            if let precision = specification.precision {
                text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
            }
            isNumber = false
        case "c":
            let scalar = value.wholeNumber.flatMap { UInt32(exactly: $0) }
                .flatMap(Unicode.Scalar.init)
            if let scalar { text = String(scalar) } else { text = try value.printed() }
            isNumber = false
        case "d", "x", "X", "o", "b":
            let whole =
                value.wholeNumber ?? value.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
            guard let whole else {
                throw TemplateError(
                    .execution,
                    "%\(specification.type) format: a real number is required, not "
                        + value.typeName)
            }
            isNegative = whole < 0
            let radix =
                switch specification.type {
                case "x", "X": 16
                case "o": 8
                case "b": 2
                default: 10
                }
            text = String(whole.magnitude, radix: radix, uppercase: specification.type == "X")
            if specification.isAlternate, radix != 10 { text = "0\(specification.type)" + text }
        case "f", "F", "e", "E", "g", "G", "%":
            guard var number = value.number else {
                throw TemplateError(
                    .execution, "must be real number, not \(value.typeName)")
            }
            isNegative = number.sign == .minus && !number.isNaN
            if specification.type == "%" { number *= 100 }
            text = real(abs(number), specification.type, precision)
        default:
            throw TemplateError(
                .execution, "unsupported format character '\(specification.type)'")
        }
        if specification.groups, isNumber { text = grouped(text) }
        let sign =
            isNegative
            ? "-"
            : isNumber && specification.sign != "-"
                ? String(specification.sign) : ""
        return padded(sign, text, specification)
    }

    private static func real(_ number: Double, _ type: Unicode.Scalar, _ precision: Int) -> String {
        guard number.isFinite else { return number.isNaN ? "nan" : "inf" }
        switch type {
        case "f", "F": return fixedPoint(number, digits: precision)
        case "%": return fixedPoint(number, digits: precision) + "%"
        case "e": return exponential(number, digits: precision)
        case "E": return exponential(number, digits: precision).uppercased()
        default:
            let digits = max(1, precision)
            let scientific = exponential(number, digits: digits - 1)
            let parts = scientific.split(separator: "e")
            let exponent = Int(parts.last ?? "0") ?? 0
            var text =
                exponent < -4 || exponent >= digits
                ? String(parts[0]) : fixedPoint(number, digits: digits - 1 - exponent)
            if text.utf8.contains(UInt8(ascii: ".")) {
                while text.hasSuffix("0") { text.removeLast() }
                if text.hasSuffix(".") { text.removeLast() }
            }
            if exponent < -4 || exponent >= digits { text += "e" + parts[1] }
            return type == "G" ? text.uppercased() : text
        }
    }

    private static func grouped(_ text: String) -> String {
        let whole = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        var out: [UInt8] = []
        for (index, byte) in text.utf8.enumerated() {
            if index > 0, index < whole, (whole - index) % 3 == 0 { out.append(UInt8(ascii: ",")) }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func padded(
        _ sign: String, _ text: String, _ specification: Specification
    ) -> String {
        let missing =
            specification.width - sign.unicodeScalars.count - text.unicodeScalars.count
        guard missing > 0 else { return sign + text }
        let fill = String(specification.fill)
        switch specification.alignment {
        case "<": return sign + text + String(repeating: fill, count: missing)
        case "^":
            return String(repeating: fill, count: missing / 2) + sign + text
                + String(repeating: fill, count: missing - missing / 2)
        case "=": return sign + String(repeating: fill, count: missing) + text
        default: return String(repeating: fill, count: missing) + sign + text
        }
    }
}
