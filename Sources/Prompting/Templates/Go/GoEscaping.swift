/// The escaping functions of Go templates.
enum GoEscaping {
    static func html(_ text: String) -> String {
        escape(text) { scalar in
            switch scalar {
            case "\"": "&#34;"
            case "'": "&#39;"
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\0": "\u{FFFD}"
            default: nil
            }
        }
    }

    static func javaScript(_ text: String) -> String {
        escape(text) { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "'": "\\'"
            case "\"": "\\\""
            case "<": "\\u003C"
            case ">": "\\u003E"
            case "&": "\\u0026"
            case "=": "\\u003D"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                "\\u" + hexadecimal(scalar.value, width: 4).uppercased()
            default: nil
            }
        }
    }

    static func urlQuery(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                out.append(byte)
            case 0x20: out.append(UInt8(ascii: "+"))
            default: out += ("%" + hexadecimal(UInt32(byte), width: 2).uppercased()).utf8
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func escape(_ text: String, _ rule: (Unicode.Scalar) -> String?) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = rule(scalar) {
                out += replacement.unicodeScalars
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }
}
