import API

/// Go's `fmt` for the values of templates.
enum GoFormat {
    /// `Sprint`: blanks only between operands of which neither is a string.
    static func print(_ values: [GoValue]) -> String {
        var out = ""
        var previousIsString = true
        for (index, value) in values.enumerated() {
            let isString = if case .string = value { true } else { false }
            if index > 0, !isString, !previousIsString { out += " " }
            out += value.formatted
            previousIsString = isString
        }
        return out
    }

    static func printLine(_ values: [GoValue]) -> String {
        values.map(\.formatted).joined(separator: " ") + "\n"
    }

    /// `Sprintf` with flags, width and precision; verbs v s q d f F e g t x X o b c U T and %.
    static func format(_ format: String, _ values: [GoValue]) -> String {
        var out: [UInt8] = []
        var rest = Array(format.utf8)[...]
        var used = 0
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            var directive = Directive()
            directive.read(from: &rest)
            guard let verb = rest.popFirst() else {
                out += "%!(NOVERB)".utf8
                break
            }
            if verb == UInt8(ascii: "%") {
                out.append(verb)
            } else if used >= values.count {
                out += "%!\(Character(Unicode.Scalar(verb)))(MISSING)".utf8
            } else {
                out += directive.apply(verb, values[used]).utf8
                used += 1
            }
        }
        if used < values.count {
            let extra = values[used...].map { value in
                value.isNone ? "<nil>" : "\(value.typeName)=\(value.formatted)"
            }
            out += "%!(EXTRA \(extra.joined(separator: ", ")))".utf8
        }
        return String(decoding: out, as: UTF8.self)
    }

    private struct Directive {
        var flags: Set<UInt8> = []
        var width: Int?
        var precision: Int?

        mutating func read(from rest: inout ArraySlice<UInt8>) {
            while let byte = rest.first, "+-# 0".utf8.contains(byte) {
                flags.insert(byte)
                rest.removeFirst()
            }
            width = number(&rest)
            if rest.first == UInt8(ascii: ".") {
                rest.removeFirst()
                precision = number(&rest) ?? 0
            }
        }

        /// Widths beyond a million are a mistake or an attack.
        private func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
            var value: Int?
            while let byte = rest.first, byte >= 0x30, byte <= 0x39 {
                value = min((value ?? 0) * 10 + Int(byte - 0x30), 1_000_000)
                rest.removeFirst()
            }
            return value
        }

        func apply(_ verb: UInt8, _ value: GoValue) -> String {
            let bad =
                "%!\(Character(Unicode.Scalar(verb)))(\(value.typeName)=\(value.formatted))"
            switch (Character(Unicode.Scalar(verb)), value) {
            case ("v", .float(let number)), ("g", .float(let number)):
                return pad(signed(number, goShortest(abs(number))), isNumber: true)
            case ("v", .integer(let number)), ("d", .integer(let number)):
                return pad(integer(number, radix: 10), isNumber: true)
            case ("v", _):
                return pad(value.formatted)
            case ("T", _): return pad(value.typeName)
            case ("t", .bool(let flag)): return pad(flag ? "true" : "false")
            case ("q", .string(let text)): return pad(GoQuote.quoted(cut(text)))
            case ("q", .integer(let number)), ("c", .integer(let number)):
                let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
                return pad(verb == UInt8(ascii: "q") ? "'\(scalar)'" : String(scalar))
            case ("U", .integer(let number)):
                return pad(
                    "U+" + hexadecimal(UInt32(clamping: number), width: 4).uppercased())
            case ("x", .integer(let number)): return pad(integer(number, radix: 16), isNumber: true)
            case ("X", .integer(let number)):
                return pad(integer(number, radix: 16).uppercased(), isNumber: true)
            case ("o", .integer(let number)): return pad(integer(number, radix: 8), isNumber: true)
            case ("b", .integer(let number)): return pad(integer(number, radix: 2), isNumber: true)
            case ("x", .string(let text)):
                return pad(text.utf8.map { hexadecimal(UInt32($0), width: 2) }.joined())
            case ("f", .float(let number)), ("F", .float(let number)):
                return pad(
                    signed(number, fixedPoint(abs(number), digits: precision ?? 6)), isNumber: true)
            case ("e", .float(let number)):
                return pad(
                    signed(number, exponential(abs(number), digits: precision ?? 6)),
                    isNumber: true)
            case ("s", .string(let text)): return pad(cut(text))
            case ("s", .list), ("s", .map), ("s", .record): return pad(value.formatted)
            default: return bad
            }
        }

        private func cut(_ text: String) -> String {
            guard let precision else { return text }
            return String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
        }

        private func signed(_ number: Double, _ magnitude: String) -> String {
            if number.sign == .minus, !number.isNaN { return "-" + magnitude }
            if magnitude.hasPrefix("+") { return magnitude }
            return plus + magnitude
        }

        private var plus: String {
            flags.contains(UInt8(ascii: "+")) ? "+" : flags.contains(0x20) ? " " : ""
        }

        private func integer(_ number: Int, radix: Int) -> String {
            let digits = String(number.magnitude, radix: radix)
            let zeros = String(repeating: "0", count: max(0, (precision ?? 0) - digits.utf8.count))
            return (number < 0 ? "-" : plus) + zeros + digits
        }

        private func pad(_ text: String, isNumber: Bool = false) -> String {
            guard let width else { return text }
            let missing = width - text.unicodeScalars.count
            guard missing > 0 else { return text }
            if flags.contains(UInt8(ascii: "-")) {
                return text + String(repeating: " ", count: missing)
            }
            if isNumber, flags.contains(UInt8(ascii: "0")) {
                let zeros = String(repeating: "0", count: missing)
                if let sign = text.utf8.first,
                    sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
                {
                    return String(text.prefix(1)) + zeros + text.dropFirst()
                }
                return zeros + text
            }
            return String(repeating: " ", count: missing) + text
        }
    }
}

extension GoValue {
    /// As a function's argument prints: a missing value is `<nil>` there.
    fileprivate var formatted: String { isNone ? "<nil>" : printed }
}
