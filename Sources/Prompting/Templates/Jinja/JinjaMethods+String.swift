extension JinjaMethods {
    static func ofString(
        _ name: String, _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> JinjaValue {
        switch name {
        case "upper": return .string(text.uppercased())
        case "lower", "casefold": return .string(text.lowercased())
        case "capitalize": return .string(capitalized(text))
        case "title": return .string(titled(text))
        case "swapcase": return .string(swapped(text))
        case "strip", "lstrip", "rstrip":
            let characters = try call.optionalText(0, "chars")
            return .string(
                strip(text, characters, front: name != "rstrip", back: name != "lstrip"))
        case "split", "rsplit":
            let separator = try call.optionalText(0, "sep")
            let limit = try call.integer(1, "maxsplit", -1)
            return .list(
                of: try split(text, separator, limit, fromBack: name == "rsplit").map {
                    .string($0)
                })
        case "splitlines": return .list(of: lines(text).map { .string($0) })
        case "partition", "rpartition":
            return try partition(text, call.required(0, "sep"), fromBack: name == "rpartition")
        case "startswith", "endswith":
            return .bool(try affix(text, call, isPrefix: name == "startswith"))
        case "removeprefix", "removesuffix":
            let part = Array(try call.text(0, "affix", "").unicodeScalars)
            let scalars = Array(text.unicodeScalars)
            guard !part.isEmpty, part.count <= scalars.count else { return .string(text) }
            if name == "removeprefix" {
                return .string(
                    scalars.starts(with: part) ? string(scalars[part.count...]) : text)
            }
            return .string(
                scalars.suffix(part.count).elementsEqual(part)
                    ? string(scalars[..<(scalars.count - part.count)]) : text)
        case "replace":
            return .string(
                try replace(
                    text, call.required(0, "old").requiredText(),
                    call.required(1, "new").requiredText(), call.integer(2, "count", -1)))
        case "find", "rfind", "index", "rindex", "count":
            return .integer(try search(name, text, call))
        case "join":
            var out = ""
            for (index, element) in try call.required(0, "iterable").elements().enumerated() {
                if index > 0 { out += text }
                out += try element.requiredText()
                try TemplateBudget.check(bytes: out.utf8.count)
            }
            return .string(out)
        case "format": return .string(try JinjaFormat.braces(text, call))
        case "zfill", "ljust", "rjust", "center": return .string(try pad(name, text, call))
        default: return .bool(isKind(name, text))
        }
    }

    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    // MARK: - Case

    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping
            + string(text.unicodeScalars.dropFirst()).lowercased()
    }

    static func titled(_ text: String) -> String {
        var out = ""
        var previousIsCased = false
        for scalar in text.unicodeScalars {
            out +=
                previousIsCased
                ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            previousIsCased = scalar.properties.isCased
        }
        return out
    }

    static func swapped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.properties.isUppercase
                ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
        }.joined()
    }

    /// At least one cased letter and none of the other case.
    static func isCased(_ text: String, upper: Bool) -> Bool {
        var found = false
        for scalar in text.unicodeScalars {
            if upper ? scalar.properties.isLowercase : scalar.properties.isUppercase {
                return false
            }
            if upper ? scalar.properties.isUppercase : scalar.properties.isLowercase {
                found = true
            }
        }
        return found
    }

    static func isKind(_ name: String, _ text: String) -> Bool {
        let scalars = text.unicodeScalars
        func isNumber(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }
        switch name {
        case "isupper": return isCased(text, upper: true)
        case "islower": return isCased(text, upper: false)
        case "istitle":
            return titled(text).isBytewiseEqual(to: text)
                && scalars.contains { $0.properties.isCased }
        default: break
        }
        guard !scalars.isEmpty else { return false }
        return scalars.allSatisfy { scalar in
            switch name {
            case "isspace": scalar.isWhiteSpace
            case "isalpha": scalar.isLetter
            case "isalnum": scalar.isLetter || isNumber(scalar)
            case "isdecimal": scalar.properties.numericType == .decimal
            case "isdigit":
                scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
            default: isNumber(scalar)
            }
        }
    }

    // MARK: - Parts

    /// The part of the text that `start` and `end` arguments choose.
    static func window(
        _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> ArraySlice<Unicode.Scalar> {
        let scalars = Array(text.unicodeScalars)
        func bound(_ place: Int, _ name: String, _ fallback: Int) throws(TemplateError) -> Int {
            if call.value(place, name)?.isNone == true { return fallback }
            let value = try call.integer(place, name, fallback)
            return min(max(value < 0 ? value + scalars.count : value, 0), scalars.count)
        }
        let start = try bound(1, "start", 0)
        return scalars[start..<max(start, try bound(2, "end", scalars.count))]
    }

    static func affix(
        _ text: String, _ call: JinjaCall, isPrefix: Bool
    ) throws(TemplateError) -> Bool {
        let scalars = try window(text, call)
        var choices = [try call.required(0, "affix")]
        if case .tuple(let elements) = choices[0] { choices = elements }
        for choice in choices {
            let part = Array(try choice.requiredText().unicodeScalars)
            if isPrefix ? scalars.starts(with: part) : scalars.suffix(part.count) == part[...] {
                return true
            }
        }
        return false
    }

    static func search(
        _ name: String, _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> Int {
        let scalars = try window(text, call)
        let needle = Array(try call.required(0, "sub").requiredText().unicodeScalars)
        if name == "count" {
            if needle.isEmpty { return scalars.count + 1 }
            var count = 0
            var start = scalars.startIndex
            while let found = scalars.firstOccurrence(of: needle, from: start) {
                count += 1
                start = found + needle.count
            }
            return count
        }
        let isBackward = name.utf8.first == UInt8(ascii: "r")
        let found =
            isBackward ? scalars.lastOccurrence(of: needle) : scalars.firstOccurrence(of: needle)
        if found == nil, name.hasSuffix("index") {
            throw TemplateError(.execution, "substring not found")
        }
        return found ?? -1
    }

    /// - Parameter count: how many at most; below zero for all.
    static func replace(
        _ text: String, _ old: String, _ new: String, _ count: Int
    ) throws(TemplateError) -> String {
        let bytes = Array(text.utf8)
        let needle = Array(old.utf8)
        var limit = count < 0 ? Int.max : count
        var out: [UInt8] = []
        if needle.isEmpty {
            for scalar in text.unicodeScalars {
                if limit > 0 {
                    out += new.utf8
                    limit -= 1
                }
                out += Array(String(scalar).utf8)
                try TemplateBudget.check(bytes: out.count)
            }
            if limit > 0 { out += new.utf8 }
            return String(decoding: out, as: UTF8.self)
        }
        var start = 0
        while limit > 0, let found = bytes.firstOccurrence(of: needle, from: start) {
            out += bytes[start..<found]
            out += new.utf8
            try TemplateBudget.check(bytes: out.count)
            start = found + needle.count
            limit -= 1
        }
        out += bytes[start...]
        return String(decoding: out, as: UTF8.self)
    }

    static func pad(
        _ name: String, _ text: String, _ call: JinjaCall
    ) throws(TemplateError) -> String {
        let width = try call.integer(0, "width", 0)
        try TemplateBudget.check(bytes: width)
        let missing = max(0, width - text.unicodeScalars.count)
        if name == "zfill" {
            let zeros = String(repeating: "0", count: missing)
            if let sign = text.unicodeScalars.first, sign == "-" || sign == "+" {
                return String(sign) + zeros + string(text.unicodeScalars.dropFirst())
            }
            return zeros + text
        }
        let fill = try call.text(1, "fillchar", " ")
        guard fill.unicodeScalars.count == 1 else {
            throw TemplateError(
                .execution, "The fill character must be exactly one character long")
        }
        let left =
            switch name {
            case "ljust": 0
            case "rjust": missing
            default: missing / 2 + (missing & width & 1)
            }
        return String(repeating: fill, count: left) + text
            + String(repeating: fill, count: missing - left)
    }
}

extension JinjaValue {
    /// The text of a string; other kinds are an error.
    func requiredText() throws(TemplateError) -> String {
        if let text { return text }
        if case .undefined(let hint) = self { throw TemplateError(.execution, hint) }
        throw TemplateError(.execution, "expected str, not \(typeName)")
    }
}

extension Unicode.Scalar {
    /// Python also counts the four separators of ASCII among the blanks.
    var isPythonSpace: Bool {
        isWhiteSpace || (0x1C...0x1F).contains(value)
    }

    fileprivate var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            true
        default: false
        }
    }
}
