import API

extension JinjaValue {
    /// Python's `str()`; undefined values are empty.
    func printed() throws(TemplateError) -> String {
        switch self {
        case .undefined: return ""
        case .string(let text): return text
        default: return try represented(depth: 0)
        }
    }

    /// Python's `repr()`.
    func represented(depth: Int = 0) throws(TemplateError) -> String {
        if depth > TemplateBudget.evaluationDepth {
            throw TemplateError(.budget, "value nests deeper than \(depth) levels")
        }
        func joined(_ elements: [JinjaValue]) throws(TemplateError) -> String {
            var out = ""
            for (index, element) in elements.enumerated() {
                if index > 0 { out += ", " }
                out += try element.represented(depth: depth + 1)
                try TemplateBudget.check(bytes: out.utf8.count)
            }
            return out
        }
        switch self {
        case .undefined: return "Undefined"
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .integer(let value): return String(value)
        case .float(let value): return pythonFloat(value)
        case .string(let text): return pythonQuoted(text)
        case .list(let list): return "[" + (try joined(list.elements)) + "]"
        case .tuple(let elements):
            return "(" + (try joined(elements)) + (elements.count == 1 ? ",)" : ")")
        case .dict(let dict): return try members(of: dict, depth)
        case .namespace(let dict): return "<Namespace \(try members(of: dict, depth))>"
        case .loop(let loop): return "<LoopContext \(loop.index + 1)/\(loop.elements.count)>"
        case .cycler: return "<Cycler>"
        case .function(.macro(let macro, _)): return "<Macro '\(macro.name)'>"
        case .function(.global(let name)), .function(.method(_, let name)):
            return "<function \(name)>"
        case .function(.loopCall): return "<function loop>"
        }
    }

    private func members(of dict: JinjaDict, _ depth: Int) throws(TemplateError) -> String {
        var out = "{"
        for (index, (key, value)) in dict.members.enumerated() {
            if index > 0 { out += ", " }
            out += try key.value.represented(depth: depth + 1)
            out += ": "
            out += try value.represented(depth: depth + 1)
            try TemplateBudget.check(bytes: out.utf8.count)
        }
        return out + "}"
    }
}

/// A float as Python's `repr` writes it: shortest digits, exponent form outside 1e-4 ..< 1e16.
func pythonFloat(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let (digits, point) = decimalDigits(of: abs(value))
    let sign = value < 0 ? "-" : ""
    let exponent = point - 1
    if exponent < -4 || exponent >= 16 {
        let fraction = digits.dropFirst()
        let power = String(abs(exponent))
        return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
            + "e" + (exponent < 0 ? "-" : "+") + (power.utf8.count < 2 ? "0" : "") + power
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.utf8.count {
        return sign + digits + String(repeating: "0", count: point - digits.utf8.count) + ".0"
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}

/// A string as Python's `repr` writes it.
func pythonQuoted(_ text: String) -> String {
    let hasSingle = text.utf8.contains(UInt8(ascii: "'"))
    let hasDouble = text.utf8.contains(UInt8(ascii: "\""))
    let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
    var out = String.UnicodeScalarView()
    out.append(quote)
    for scalar in text.unicodeScalars {
        switch scalar {
        case quote, "\\":
            out.append("\\")
            out.append(scalar)
        case "\n": out += "\\n".unicodeScalars
        case "\r": out += "\\r".unicodeScalars
        case "\t": out += "\\t".unicodeScalars
        case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
            out += ("\\x" + hexadecimal(scalar.value, width: 2)).unicodeScalars
        default:
            if scalar.isPrintable {
                out.append(scalar)
            } else if scalar.value < 0x100 {
                out += ("\\x" + hexadecimal(scalar.value, width: 2)).unicodeScalars
            } else if scalar.value < 0x10000 {
                out += ("\\u" + hexadecimal(scalar.value, width: 4)).unicodeScalars
            } else {
                out += ("\\U" + hexadecimal(scalar.value, width: 8)).unicodeScalars
            }
        }
    }
    out.append(quote)
    return String(out)
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        if self == " " { return true }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            return false
        default: return true
        }
    }
}
