/// Standard base64 with padding, as image fields carry it.
public enum Base64 {
    /// Where the text stops being base64.
    public struct CorruptInput: Error, Sendable, Equatable, CustomStringConvertible {
        public let offset: Int
        public var description: String { "illegal base64 data at input byte \(offset)" }
    }

    /// Strict decoding: line breaks are skipped, anything else outside the alphabet, missing or
    /// surplus padding is an error at the byte where it shows.
    public static func decode(_ text: String) -> Result<[UInt8], CorruptInput> {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ input: UnsafeBufferPointer<UInt8>) -> Result<[UInt8], CorruptInput>
    {
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var index = 0
        func skipBreaks() {
            while index < input.count, input[index] == 0x0A || input[index] == 0x0D { index += 1 }
        }
        while index < input.count {
            let byte = input[index]
            if byte == 0x0A || byte == 0x0D {
                index += 1
                continue
            }
            if byte == UInt8(ascii: "=") {
                let padding = index
                guard digits >= 2 else { return .failure(CorruptInput(offset: padding)) }
                index += 1
                if digits == 2 {
                    skipBreaks()
                    guard index < input.count else {
                        return .failure(CorruptInput(offset: input.count))
                    }
                    guard input[index] == UInt8(ascii: "=") else {
                        return .failure(CorruptInput(offset: index - 1))
                    }
                    index += 1
                }
                skipBreaks()
                guard index == input.count else { return .failure(CorruptInput(offset: index)) }
                group <<= digits == 2 ? 12 : 6
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                if digits == 3 { output.append(UInt8(truncatingIfNeeded: group >> 8)) }
                return .success(output)
            }
            guard let digit = value(of: byte) else {
                return .failure(CorruptInput(offset: index))
            }
            group = group << 6 | UInt32(digit)
            digits += 1
            index += 1
            if digits == 4 {
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                output.append(UInt8(truncatingIfNeeded: group >> 8))
                output.append(UInt8(truncatingIfNeeded: group))
                group = 0
                digits = 0
            }
        }
        // The error points at the group that lacks its padding.
        guard digits == 0 else { return .failure(CorruptInput(offset: index - digits)) }
        return .success(output)
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    public static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if left > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if left > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                if place <= left {
                    output.append(alphabet[Int(group >> UInt32(18 - 6 * place)) & 63])
                } else {
                    output.append(UInt8(ascii: "="))
                }
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }
}
