/// Reads JSON objects into typed fields by the rules that Ollama's clients know from Go's decoder.
///
/// Names match exactly or else ignoring case; `null` leaves a field as it is; a value of the wrong
/// type is remembered, the rest is still read, and the first such mistake is the error. One per
/// request body.
struct GoDecoder {
    /// Where in the body a value stands: the Go struct that error texts name, and the fields to it.
    struct Path {
        var structName: String
        var fields: [String] = []

        func appending(_ field: String) -> Path {
            Path(structName: structName, fields: fields + [field])
        }
        /// The same place inside a nested struct, which error texts then name.
        func inside(_ structName: String) -> Path {
            Path(structName: structName, fields: fields)
        }
    }

    /// The first mismatch, as the text of the error.
    private(set) var mismatch: String?

    /// Throws the first mismatch, if there was one.
    ///
    /// To be called after the last field.
    func check() throws(APIError) {
        if let mismatch { throw APIError(400, mismatch) }
    }

    /// The members of the body with their names as in `known`; unknown ones are left out.
    ///
    /// - Throws: when the body is neither an object nor null.
    func members(
        ofBody body: JSONValue, package: String = "api", goType: String, known: Set<String>
    ) throws(APIError) -> [(name: String, value: JSONValue)] {
        switch body {
        case .null: return []
        case .object(let object): return Self.members(of: object, known: known)
        default:
            throw APIError(
                400,
                "json: cannot unmarshal \(body.kind) into Go value of type \(package).\(goType)")
        }
    }

    /// The members of a nested struct; empty after noting a mismatch when it is no object.
    mutating func members(
        of value: JSONValue, goType: String, known: Set<String>, at path: Path
    ) -> [(name: String, value: JSONValue)] {
        switch value {
        case .null: return []
        case .object(let object): return Self.members(of: object, known: known)
        default:
            note(value.kind, goType, at: path)
            return []
        }
    }

    private static func members(
        of object: JSONObject, known: Set<String>
    ) -> [(name: String, value: JSONValue)] {
        var result: [(name: String, value: JSONValue)] = []
        for (key, value) in object {
            if known.contains(key) {
                result.append((key, value))
            } else {
                let folded = folding(key)
                if let name = known.first(where: { folding($0) == folded }) {
                    result.append((name, value))
                }
            }
        }
        return result
    }

    /// Names in the body that no field has and that clients may expect something of, for the log.
    ///
    /// Who sends what identifies or bills a request expects nothing.
    static func unknownNames(in body: JSONValue, known: Set<String>) -> [String] {
        let harmless: Set<String> = [
            "user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key",
            "prompt_cache_retention",
        ]
        let folded = Set(known.union(harmless).map(folding))
        return (body.object ?? [:]).filter { !$0.value.isNull && !folded.contains(folding($0.key)) }
            .map(\.key)
    }

    /// Go folds ASCII letters and the two letters outside ASCII whose small form is inside.
    private static func folding(_ name: String) -> [UInt8] {
        var folded: [UInt8] = []
        for scalar in name.unicodeScalars {
            switch scalar.value {
            case 0x41...0x5A: folded.append(UInt8(scalar.value + 32))
            case 0x17F: folded.append(UInt8(ascii: "s"))
            case 0x212A: folded.append(UInt8(ascii: "k"))
            default: folded += Array(String(scalar).utf8)
            }
        }
        return folded
    }

    mutating func note(_ kind: String, _ goType: String, at path: Path) {
        guard mismatch == nil else { return }
        let field = ([path.structName] + path.fields).joined(separator: ".")
        mismatch = "json: cannot unmarshal \(kind) into Go struct field \(field) of type \(goType)"
    }

    mutating func string(_ value: JSONValue, at path: Path, goType: String = "string") -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        default:
            note(value.kind, goType, at: path)
            return nil
        }
    }

    mutating func bool(_ value: JSONValue, at path: Path) -> Bool? {
        switch value {
        case .null: return nil
        case .bool(let flag): return flag
        default:
            note(value.kind, "bool", at: path)
            return nil
        }
    }

    mutating func integer(_ value: JSONValue, at path: Path) -> Int? {
        switch value {
        case .null: return nil
        case .number(let number):
            guard let integer = number.integer else {
                note("number \(number.literal)", "int", at: path)
                return nil
            }
            return integer
        default:
            note(value.kind, "int", at: path)
            return nil
        }
    }

    /// `float64`; `goType` names another width.
    mutating func number(
        _ value: JSONValue, at path: Path, goType: String = "float64"
    ) -> JSONNumber? {
        switch value {
        case .null: return nil
        case .number(let number):
            guard number.double.isFinite else {
                note("number \(number.literal)", goType, at: path)
                return nil
            }
            return number
        default:
            note(value.kind, goType, at: path)
            return nil
        }
    }

    /// `map[string]interface {}`.
    mutating func object(_ value: JSONValue, at path: Path) -> JSONObject? {
        switch value {
        case .null: return nil
        case .object(let members): return members
        default:
            note(value.kind, "map[string]interface {}", at: path)
            return nil
        }
    }

    /// `map[string]string`, in the order written.
    mutating func stringMap(_ value: JSONValue, at path: Path) -> [(key: String, value: String)]? {
        switch value {
        case .null: return nil
        case .object(let members):
            var pairs: [(key: String, value: String)] = []
            for (key, value) in members {
                pairs.append((key, string(value, at: path) ?? ""))
            }
            return pairs
        default:
            note(value.kind, "map[string]string", at: path)
            return nil
        }
    }

    /// A slice; `goType` names it.
    mutating func array(_ value: JSONValue, goType: String, at path: Path) -> [JSONValue]? {
        switch value {
        case .null: return nil
        case .array(let elements): return elements
        default:
            note(value.kind, goType, at: path)
            return nil
        }
    }

    mutating func integers(_ value: JSONValue, at path: Path) -> [Int]? {
        guard let elements = array(value, goType: "[]int", at: path) else { return nil }
        var result: [Int] = []
        result.reserveCapacity(elements.count)
        for element in elements { result.append(integer(element, at: path) ?? 0) }
        return result
    }

    mutating func strings(_ value: JSONValue, at path: Path) -> [String]? {
        guard let elements = array(value, goType: "[]string", at: path) else { return nil }
        var result: [String] = []
        for element in elements { result.append(string(element, at: path) ?? "") }
        return result
    }

    /// `[]api.ImageData`: standard base64 with padding.
    mutating func images(_ value: JSONValue, at path: Path) -> [[UInt8]]? {
        guard let elements = array(value, goType: "[]api.ImageData", at: path) else { return nil }
        var result: [[UInt8]] = []
        for element in elements {
            guard let text = string(element, at: path, goType: "api.ImageData") else {
                result.append([])
                continue
            }
            switch Base64.decode(text) {
            case .success(let bytes): result.append(bytes)
            case .failure(let corrupt):
                if mismatch == nil { mismatch = corrupt.description }
                result.append([])
            }
        }
        return result
    }
}
