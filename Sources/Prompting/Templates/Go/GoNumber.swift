/// A numeric constant of a Go template: decimal, hex, octal or binary with `_`, or a float.
enum GoNumber {
    case integer(Int)
    case float(Double)

    init?(_ literal: String) {
        var digits = literal.utf8.filter { $0 != UInt8(ascii: "_") }[...]
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        guard let first = digits.first else { return nil }
        var radix = 10
        if first == 0x30, digits.count > 1 {
            switch digits.dropFirst().first! | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: break
            }
        }
        let sign = isNegative ? "-" : ""
        if radix != 10 {
            let body = String(decoding: digits.dropFirst(2), as: UTF8.self)
            if let value = Int(sign + body, radix: radix) {
                self = .integer(value)
                return
            }
            guard radix == 16, let value = Double("\(sign)0x\(body)") else { return nil }
            self = .float(value)
            return
        }
        let text = sign + String(decoding: digits, as: UTF8.self)
        let isPlain = digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        if isPlain, first == 0x30, digits.count > 1 {
            guard let value = Int(text, radix: 8) else { return nil }
            self = .integer(value)
        } else if isPlain {
            guard let value = Int(text) else { return nil }
            self = .integer(value)
        } else {
            guard first >= 0x30 && first <= 0x39 || first == UInt8(ascii: "."),
                let value = Double(first == UInt8(ascii: ".") ? text.replacingLeadingPoint : text)
            else { return nil }
            // Go reads 1e3 as an integer constant too, because nothing is lost.
            if value == value.rounded(), abs(value) < 1e15, !digits.contains(UInt8(ascii: ".")) {
                self = .integer(Int(value))
            } else {
                self = .float(value)
            }
        }
    }
}

extension String {
    /// `.5` and `-.5` with the zero that Swift's reader asks for.
    fileprivate var replacingLeadingPoint: String {
        hasPrefix("-") ? "-0" + dropFirst() : "0" + self
    }
}
