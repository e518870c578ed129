/// The formats of strings as patterns.
enum StringFormats {
    static func pattern(_ name: String) -> String? {
        switch name {
        case "date": return "^(" + date + ")$"
        case "time": return "^(" + time + ")$"
        case "date-time": return "^(" + date + ")T" + time + "$"
        case "uuid": return "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
        case "email":
            return "^[A-Za-z0-9_+-]{1,32}(\\.[A-Za-z0-9_+-]{1,32}){0,3}@" + host + "$"
        case "ipv4": return "^" + octet + "(\\." + octet + "){3}$"
        case "ipv6": return ipv6
        case "duration": return duration
        case "hostname": return "^" + host + "$"
        case "uri":
            return "^https?://" + host + "(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~-]*)*"
                + "(\\?[A-Za-z0-9._~=&-]*)?(#[A-Za-z0-9._~-]*)?$"
        default: return nil
        }
    }

    private static let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    /// All groups, or `::` for some of them.
    private static let ipv6: String = {
        let group = "[0-9a-fA-F]{1,4}"
        var forms = ["(\(group):){7}\(group)", "(\(group):){1,7}:", ":((:\(group)){1,7}|:)"]
        for left in 1...6 { forms.append("(\(group):){\(left)}(:\(group)){1,\(7 - left)}") }
        return "^(" + forms.joined(separator: "|") + ")$"
    }()
    private static let duration: String = {
        let minutes = "[0-9]{1,4}M([0-9]{1,4}S)?"
        let time = "T([0-9]{1,4}H(\(minutes))?|\(minutes)|[0-9]{1,4}S)"
        let months = "[0-9]{1,4}M([0-9]{1,4}D)?"
        let date = "([0-9]{1,4}Y(\(months))?|\(months)|[0-9]{1,4}D)"
        return "^P(\(date)(\(time))?|\(time)|[0-9]{1,4}W)$"
    }()
    private static let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
    private static let host = label + "(\\." + label + "){0,4}"
    private static let year = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
    private static let fourth = "(0[48]|[2468][048]|[13579][26])"
    private static let date =
        year + "-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
        + "02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}" + fourth + "|" + fourth + "00)-02-29"
    private static let time =
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
        + "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
}
