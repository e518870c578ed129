import API

/// Pipelines, their commands, operands and literals.
extension GoParser {
    mutating func pipeline(
        _ context: String, end: GoToken.Kind
    ) throws(TemplateError) -> GoPipeline {
        try descend()
        defer { depth -= 1 }
        var pipeline = GoPipeline(position: peekNonSpace().position)
        try declarations(of: &pipeline, context)
        while true {
            let token = try nextNonSpace()
            switch token.kind {
            case end:
                try check(pipeline, context, token)
                return pipeline
            case .bool, .character, .dot, .field, .identifier, .number, .null, .string, .variable,
                .leftParen:
                index -= 1
                pipeline.commands.append(try command())
            default: throw unexpected(token, context)
            }
        }
    }

    mutating func declarations(
        of pipeline: inout GoPipeline, _ context: String
    ) throws(TemplateError) {
        while peekNonSpace().kind == .variable {
            let mark = index
            let variable = try next()
            let after = peekNonSpace()
            switch after.kind {
            case .declare, .assign:
                pipeline.isAssignment = after.kind == .assign
                index += 1
                pipeline.variables.append(variable.text)
                if !pipeline.isAssignment {
                    variables += pipeline.variables
                } else {
                    for name in pipeline.variables where !variables.contains(name) {
                        throw error("undefined variable \(GoQuote.quoted(name))", at: variable)
                    }
                }
                return
            case .comma:
                index += 1
                pipeline.variables.append(variable.text)
                guard context == "range", pipeline.variables.count < 2 else {
                    throw error("too many declarations in \(context)", at: after)
                }
                guard peekNonSpace().kind == .variable else {
                    throw error("range can only initialize variables", at: after)
                }
            default:
                index = mark
                if !pipeline.variables.isEmpty {
                    throw error("range can only initialize variables", at: after)
                }
                return
            }
        }
    }

    func check(
        _ pipeline: GoPipeline, _ context: String, _ token: GoToken
    ) throws(TemplateError) {
        guard !pipeline.commands.isEmpty else {
            throw error("missing value for \(context)", at: token)
        }
        for (stage, command) in pipeline.commands.enumerated().dropFirst() {
            switch command[0].kind {
            case .bool, .dot, .null, .integer, .float, .string:
                throw error("non executable command in pipeline stage \(stage + 1)", at: token)
            default: break
            }
        }
    }

    mutating func command() throws(TemplateError) -> [GoOperand] {
        var operands: [GoOperand] = []
        while true {
            skipSpace()
            if let operand = try operand() { operands.append(operand) }
            let token = try next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParen: index -= 1
            case .pipe: break
            default: throw unexpected(token, "operand")
            }
            break
        }
        if operands.isEmpty { throw error("empty command") }
        return operands
    }

    mutating func operand() throws(TemplateError) -> GoOperand? {
        guard var node = try term() else { return nil }
        var fields: [String] = []
        var text = node.text
        while current.kind == .field {
            fields.append(String(current.text.dropFirst()))
            text += current.text
            index += 1
        }
        guard !fields.isEmpty else { return node }
        switch node.kind {
        case .field(let names): node.kind = .field(names + fields)
        case .variable(let name, let names): node.kind = .variable(name, names + fields)
        case .bool, .string, .integer, .float, .null, .dot:
            throw error("unexpected . after term \(GoQuote.quoted(node.text))")
        default: node = GoOperand(kind: .chain(node, fields), position: node.position, text: "")
        }
        node.text = text
        return node
    }

    mutating func term() throws(TemplateError) -> GoOperand? {
        let token = try nextNonSpace()
        func operand(_ kind: GoOperand.Kind) -> GoOperand {
            GoOperand(kind: kind, position: token.position, text: token.text)
        }
        switch token.kind {
        case .identifier:
            guard GoFunctions.names.contains(token.text) else {
                throw error("function \(GoQuote.quoted(token.text)) not defined", at: token)
            }
            return operand(.function(token.text))
        case .dot: return operand(.dot)
        case .null: return operand(.null)
        case .variable:
            guard variables.contains(token.text) else {
                throw error("undefined variable \(GoQuote.quoted(token.text))", at: token)
            }
            return operand(.variable(token.text, []))
        case .field: return operand(.field([String(token.text.dropFirst())]))
        case .bool: return operand(.bool(token.text == "true"))
        case .number:
            switch GoNumber(token.text) {
            case .integer(let value): return operand(.integer(value))
            case .float(let value): return operand(.float(value))
            case nil: throw error("bad number syntax: \(GoQuote.quoted(token.text))", at: token)
            }
        case .character:
            let scalars = try unquote(token).unicodeScalars
            guard scalars.count == 1 else {
                throw error("malformed character constant: \(token.text)", at: token)
            }
            return operand(.integer(Int(scalars.first!.value)))
        case .string: return operand(.string(try unquote(token)))
        case .leftParen:
            let inner = try pipeline("parenthesized pipeline", end: .rightParen)
            return operand(.pipeline(inner))
        default:
            index -= 1
            return nil
        }
    }

    // MARK: - Literals

    func unquote(_ token: GoToken) throws(TemplateError) -> String {
        let bytes = Array(token.text.utf8).dropFirst().dropLast()
        if token.text.utf8.first == UInt8(ascii: "`") {
            return String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self)
        }
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            guard let escape = rest.popFirst(), unescape(escape, from: &rest, into: &out) else {
                throw error("invalid syntax", at: token)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    func unescape(
        _ escape: UInt8, from rest: inout ArraySlice<UInt8>, into out: inout [UInt8]
    ) -> Bool {
        func scalar(_ digits: Int) -> Unicode.Scalar? {
            guard rest.count >= digits else { return nil }
            let text = String(decoding: rest.prefix(digits), as: UTF8.self)
            rest = rest.dropFirst(digits)
            return UInt32(text, radix: 16).flatMap(Unicode.Scalar.init)
        }
        switch escape {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "a"): out.append(0x07)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "v"): out.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): out.append(escape)
        case UInt8(ascii: "x"):
            guard let scalar = scalar(2) else { return false }
            out.append(UInt8(scalar.value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            guard let scalar = scalar(escape == UInt8(ascii: "u") ? 4 : 8) else { return false }
            out += Array(String(scalar).utf8)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            guard rest.count >= 2,
                let value = UInt8(
                    String(decoding: [escape] + rest.prefix(2), as: UTF8.self), radix: 8)
            else { return false }
            rest = rest.dropFirst(2)
            out.append(value)
        default: return false
        }
        return true
    }
}
