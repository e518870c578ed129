/// Collects what schemas say, following references and `allOf`.
struct SchemaReader {
    private(set) var document: OrderedJSON
    let root: Int

    /// - Parameter schemas: numbers of schemas times two, plus one where the alternatives
    ///   (anyOf, oneOf) have been dealt with.
    func facts(of schemas: [Int]) throws -> SchemaFacts {
        var facts = SchemaFacts()
        var seen: Set<Int> = []
        var work = schemas.reversed().map { $0 }
        let handled = Set(schemas.filter { $0 & 1 == 1 }.map { $0 >> 1 })
        while let element = work.popLast() {
            let schema = element >> 1
            guard seen.insert(schema).inserted else { continue }
            facts.schemas.append(schema)
            switch document[schema] {
            case .bool(let value):
                if !value { facts.impossible = true }
            case .object(let members):
                try read(schema, members, handled.contains(schema), &facts, &work)
            default:
                throw GrammarError("a schema must be an object or a boolean")
            }
        }
        return facts
    }

    /// Adds a schema of its own to the document.
    mutating func add(_ schema: OrderedJSON.Narrowing) -> Int { document.add(schema) }

    private func refused(_ keyword: String) -> GrammarError {
        GrammarError("the schema keyword '\(keyword)' is not supported")
    }

    private func invalid(_ keyword: String) -> GrammarError {
        GrammarError("the schema keyword '\(keyword)' has an invalid value")
    }

    private func count(_ node: Int, _ keyword: String) throws -> Int {
        guard case .number(let text) = document[node] else { throw invalid(keyword) }
        let decimal = try DecimalText(text, keyword: keyword)
        guard !decimal.negative, decimal.fraction.isEmpty else { throw invalid(keyword) }
        return Int(min(decimal.magnitude, 1_000_000_000))
    }

    private func decimal(_ node: Int, _ keyword: String) throws -> DecimalText {
        guard case .number(let text) = document[node] else { throw invalid(keyword) }
        return try DecimalText(text, keyword: keyword)
    }

    private func string(_ node: Int, _ keyword: String) throws -> String {
        guard case .string(let bytes) = document[node] else { throw invalid(keyword) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func list(_ node: Int, _ keyword: String) throws -> [Int] {
        guard case .array(let elements) = document[node] else { throw invalid(keyword) }
        return elements
    }

    private func members(_ node: Int, _ keyword: String) throws -> [OrderedJSON.Member] {
        guard case .object(let members) = document[node] else { throw invalid(keyword) }
        return members
    }

    private func read(
        _ schema: Int, _ members: [OrderedJSON.Member], _ handled: Bool,
        _ facts: inout SchemaFacts, _ work: inout [Int]
    ) throws {
        var object = SchemaFacts.ObjectPart()
        var array = SchemaFacts.ArrayPart()
        var hints: SchemaFacts.Kinds = []
        var exclusiveFlags: (low: Bool, high: Bool) = (false, false)
        for member in members {
            let keyword = String(decoding: member.key, as: UTF8.self)
            let node = member.value
            switch keyword {
            case "title", "description", "default", "example", "examples", "$schema", "$id", "id",
                "$comment", "$anchor", "$defs", "definitions", "deprecated", "readOnly",
                "writeOnly", "contentMediaType", "contentEncoding", "discriminator":
                continue
            case "type":
                var kinds: SchemaFacts.Kinds = []
                let names: [Int]
                if case .array(let list) = document[node] { names = list } else { names = [node] }
                for name in names {
                    let name = try string(name, keyword)
                    guard let kind = SchemaFacts.Kinds.named(name) else {
                        throw GrammarError("the schema type '\(name)' is not known")
                    }
                    kinds.formUnion(kind)
                }
                facts.kinds.formIntersection(kinds)
                facts.typed = true
            case "enum": facts.enums.append(try list(node, keyword))
            case "const": facts.enums.append([node])
            case "allOf": work += try list(node, keyword).reversed().map { $0 * 2 }
            case "anyOf", "oneOf":
                let options = try list(node, keyword)
                if !handled {
                    facts.groups.append(.init(options: options, isExclusive: keyword == "oneOf"))
                }
            case "$ref":
                let target = try resolve(string(node, keyword))
                if target == schema { throw GrammarError("$ref refers to itself") }
                work.append(target * 2)
            case "minLength":
                SchemaFacts.narrow(&facts.lengths, min: try count(node, keyword), max: nil)
                hints.insert(.string)
            case "maxLength":
                SchemaFacts.narrow(&facts.lengths, min: nil, max: try count(node, keyword))
                hints.insert(.string)
            case "pattern":
                facts.patterns.append(try string(node, keyword))
                hints.insert(.string)
            case "format":
                let name = try string(node, keyword)
                // OpenAPI's widths of numbers only describe.
                if ["int32", "int64", "float", "double"].contains(name) { continue }
                guard let pattern = StringFormats.pattern(name) else {
                    throw GrammarError(
                        "the schema keyword 'format' with '\(name)' is not supported")
                }
                facts.patterns.append(pattern)
                hints.insert(.string)
            case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum":
                hints.formUnion([.integer, .fraction])
                if case .bool(let value) = document[node] {
                    if keyword == "exclusiveMinimum" { exclusiveFlags.low = value }
                    if keyword == "exclusiveMaximum" { exclusiveFlags.high = value }
                    if keyword == "minimum" || keyword == "maximum" { throw invalid(keyword) }
                    continue
                }
                let bound = NumberBound(
                    value: try decimal(node, keyword), exclusive: keyword.hasPrefix("exclusive"))
                if keyword.hasSuffix("inimum") {
                    facts.bound(low: bound)
                } else {
                    facts.bound(high: bound)
                }
            case "multipleOf":
                facts.multiples.append(try decimal(node, keyword))
                hints.formUnion([.integer, .fraction])
            case "properties":
                object.properties = try self.members(node, keyword).map { ($0.key, $0.value) }
                hints.insert(.object)
            case "patternProperties":
                object.patterns = try self.members(node, keyword).map {
                    (String(decoding: $0.key, as: UTF8.self), $0.value)
                }
                hints.insert(.object)
            case "additionalProperties":
                object.additional = node
                hints.insert(.object)
            case "unevaluatedProperties", "unevaluatedItems":
                guard document[node] == .bool(false) else { throw refused(keyword) }
                if keyword == "unevaluatedItems" {
                    facts.closesArrays = true
                } else {
                    facts.closesObjects = true
                }
            case "required":
                object.required = try list(node, keyword).map {
                    guard case .string(let bytes) = document[$0] else { throw invalid(keyword) }
                    return bytes
                }
                hints.insert(.object)
            case "minProperties":
                SchemaFacts.narrow(&facts.propertyCounts, min: try count(node, keyword), max: nil)
                hints.insert(.object)
            case "maxProperties":
                SchemaFacts.narrow(&facts.propertyCounts, min: nil, max: try count(node, keyword))
                hints.insert(.object)
            case "items":
                if case .array(let elements) = document[node] {
                    array.prefix = elements
                } else {
                    array.rest = node
                }
                hints.insert(.array)
            case "prefixItems":
                array.prefix = try list(node, keyword)
                hints.insert(.array)
            case "additionalItems":
                if array.rest == nil { array.rest = node }
                hints.insert(.array)
            case "minItems":
                SchemaFacts.narrow(&facts.itemCounts, min: try count(node, keyword), max: nil)
                hints.insert(.array)
            case "maxItems":
                SchemaFacts.narrow(&facts.itemCounts, min: nil, max: try count(node, keyword))
                hints.insert(.array)
            case "uniqueItems":
                guard document[node] == .bool(false) else { throw refused(keyword) }
            case "propertyNames":
                object.names = node
                hints.insert(.object)
            // Names of extensions only describe.
            case _ where keyword.hasPrefix("x-"): continue
            default: throw refused(keyword)
            }
        }
        if exclusiveFlags.low { facts.low?.exclusive = true }
        if exclusiveFlags.high { facts.high?.exclusive = true }
        facts.hints.formUnion(hints)
        if hints.contains(.object) { facts.objects.append(object) }
        if hints.contains(.array) || array.rest != nil { facts.arrays.append(array) }
    }

    /// The schema at a reference within the document.
    private func resolve(_ reference: String) throws -> Int {
        let refusal = GrammarError("$ref '\(reference)' is not supported or leads nowhere")
        guard reference.utf8.first == 0x23 else { throw refusal }
        var node = root
        let bytes = Array(reference.utf8.dropFirst())
        if bytes.isEmpty { return node }
        guard bytes[0] == 0x2F else { throw refusal }
        for piece in bytes.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            let key = Self.unescape(Array(piece))
            switch document[node] {
            case .object(let members):
                guard let found = members.last(where: { $0.key == key }) else { throw refusal }
                node = found.value
            case .array(let elements):
                guard let index = Int(String(decoding: key, as: UTF8.self)),
                    elements.indices.contains(index)
                else { throw refusal }
                node = elements[index]
            default: throw refusal
            }
        }
        return node
    }

    private static func unescape(_ piece: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var i = 0
        while i < piece.count {
            if piece[i] == 0x25, i + 2 < piece.count,
                let value = UInt8(String(decoding: piece[i + 1...i + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                i += 3
            } else {
                decoded.append(piece[i])
                i += 1
            }
        }
        var result: [UInt8] = []
        i = 0
        while i < decoded.count {
            if decoded[i] == 0x7E, i + 1 < decoded.count,
                decoded[i + 1] == 0x30 || decoded[i + 1] == 0x31
            {
                result.append(decoded[i + 1] == 0x30 ? 0x7E : 0x2F)
                i += 2
            } else {
                result.append(decoded[i])
                i += 1
            }
        }
        return result
    }
}
