/// The path of a request target, apart from its query.
struct RequestPath: Sendable, Equatable {
    /// As the client wrote it, percent signs and all.
    let raw: String
    /// With the `?`; empty without one.
    let query: String

    init(target: String) {
        var target = target[...]
        // A proxy's form names the whole address.
        for scheme in ["http://", "https://"] where target.utf8.starts(with: scheme.utf8) {
            let rest = target.utf8.dropFirst(scheme.utf8.count)
            target = rest.firstIndex(of: UInt8(ascii: "/")).map { target[$0...] } ?? "/"
        }
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            raw = String(target[..<mark])
            query = String(target[mark...])
        } else {
            raw = String(target)
            query = ""
        }
    }

    /// Without double slashes, `.` and `..`; a slash at the end stays.
    var cleaned: String {
        let slash = UInt8(ascii: "/")
        var segments: [Substring.UTF8View] = []
        for segment in raw[...].utf8.split(separator: slash) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        let path = "/" + segments.map { String($0)! }.joined(separator: "/")
        return raw.utf8.last == slash && !segments.isEmpty ? path + "/" : path
    }

    /// With percent signs resolved; nil where they are malformed.
    var decoded: String? {
        guard raw.utf8.contains(UInt8(ascii: "%")) else { return raw }
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        let bytes = Array(raw.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            else { return nil }
            result.append(high << 4 | low)
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}
