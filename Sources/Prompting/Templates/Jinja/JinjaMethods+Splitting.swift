/// Cutting texts at their edges, at blanks, at line ends and at separators.
extension JinjaMethods {
    static func strip(
        _ text: String, _ characters: String?, front: Bool = true, back: Bool = true
    ) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool {
            set?.contains(scalar) ?? scalar.isPythonSpace
        }
        var scalars = text.unicodeScalars[...]
        if front { while let first = scalars.first, isStripped(first) { scalars.removeFirst() } }
        if back { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
        return String(scalars)
    }

    static func words(_ text: String) -> [String] {
        text.unicodeScalars.split { $0.isPythonSpace }.map { String($0) }
    }

    /// Lines without their ends; no empty one behind the last end.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previousIsReturn = false
        var isOpen = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", previousIsReturn {
                previousIsReturn = false
                continue
            }
            previousIsReturn = scalar == "\r"
            switch scalar {
            case "\n", "\r", "\u{0B}", "\u{0C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}",
                "\u{2028}", "\u{2029}":
                lines.append(String(line))
                line = String.UnicodeScalarView()
                isOpen = false
            default:
                line.append(scalar)
                isOpen = true
            }
        }
        if isOpen { lines.append(String(line)) }
        return lines
    }

    static func split(
        _ text: String, _ separator: String?, _ limit: Int, fromBack: Bool
    ) throws(TemplateError) -> [String] {
        let limit = limit < 0 ? Int.max : limit
        guard let separator else { return splitAtSpace(text, limit, fromBack: fromBack) }
        let needle = Array(separator.unicodeScalars)
        if needle.isEmpty { throw TemplateError(.execution, "empty separator") }
        var rest = Array(text.unicodeScalars)[...]
        var parts: [String] = []
        while parts.count < limit {
            let found =
                fromBack ? rest.lastOccurrence(of: needle) : rest.firstOccurrence(of: needle)
            guard let found else { break }
            if fromBack {
                parts.append(string(rest[(found + needle.count)...]))
                rest = rest[..<found]
            } else {
                parts.append(string(rest[..<found]))
                rest = rest[(found + needle.count)...]
            }
        }
        parts.append(string(rest))
        try TemplateBudget.check(elements: parts.count)
        return fromBack ? parts.reversed() : parts
    }

    static func splitAtSpace(
        _ text: String, _ limit: Int, fromBack: Bool
    ) -> [String] {
        var rest = Array(text.unicodeScalars)[...]
        var parts: [String] = []
        func isSpace(_ scalar: Unicode.Scalar?) -> Bool { scalar?.isPythonSpace ?? false }
        while true {
            if fromBack {
                while isSpace(rest.last) { rest.removeLast() }
            } else {
                while isSpace(rest.first) { rest.removeFirst() }
            }
            if rest.isEmpty { break }
            if parts.count >= limit {
                parts.append(strip(string(rest), nil, front: fromBack, back: !fromBack))
                if !fromBack { parts[parts.count - 1] = string(rest) }
                break
            }
            if fromBack {
                let start = rest.lastIndex { $0.isPythonSpace }.map { $0 + 1 } ?? rest.startIndex
                parts.append(string(rest[start...]))
                rest = rest[..<start]
            } else {
                let end = rest.firstIndex { $0.isPythonSpace } ?? rest.endIndex
                parts.append(string(rest[..<end]))
                rest = rest[end...]
            }
        }
        return fromBack ? parts.reversed() : parts
    }

    static func partition(
        _ text: String, _ separator: JinjaValue, fromBack: Bool
    ) throws(TemplateError) -> JinjaValue {
        let needle = Array(try separator.requiredText().unicodeScalars)
        if needle.isEmpty { throw TemplateError(.execution, "empty separator") }
        let scalars = Array(text.unicodeScalars)
        let found =
            fromBack ? scalars.lastOccurrence(of: needle) : scalars.firstOccurrence(of: needle)
        guard let found else {
            return .tuple(
                fromBack
                    ? [.string(""), .string(""), .string(text)]
                    : [.string(text), .string(""), .string("")])
        }
        return .tuple([
            .string(string(scalars[..<found])), separator,
            .string(string(scalars[(found + needle.count)...])),
        ])
    }
}
