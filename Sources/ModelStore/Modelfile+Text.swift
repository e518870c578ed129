public import API
import OrderedCollections

extension Modelfile {
    /// Text of `show --modelfile`.
    ///
    /// - Parameters:
    ///   - system: stands in for the model's own when it is neither nil nor empty.
    ///   - parameters: shown over the model's own.
    public static func text(
        of model: StoredModel, store: ModelStore, system: String?, parameters: JSONObject?
    ) -> String {
        var out = """
            \(header)
            # To build a new Modelfile based on this, replace FROM with:
            # FROM \(model.name.display)


            """
        func add(_ name: String, _ value: String) { out += line(name, value) }
        func add(path: String, as name: String) { out += "\(name) \(path)\n" }
        if let path = model.weightsPath { add(path: path, as: "FROM") }
        if model.isEmbedded { add(path: model.name.display, as: "FROM") }
        for path in model.adapterPaths { add(path: path, as: "ADAPTER") }
        for path in model.projectorPaths { add(path: path, as: "FROM") }
        add("TEMPLATE", model.template ?? noTemplate)
        let system = system.flatMap { $0.isEmpty ? nil : $0 } ?? model.system
        if !system.isEmpty { add("SYSTEM", system) }
        if !model.config.renderer.isEmpty { add("RENDERER", model.config.renderer) }
        if !model.config.parser.isEmpty { add("PARSER", model.config.parser) }
        var merged = model.parameters
        if let parameters { merged.merge(parameters) { $1 } }
        for (key, value) in merged {
            for item in value.array ?? [value] { add("PARAMETER \(key)", text(of: item)) }
        }
        for license in model.licenses { add("LICENSE", license) }
        for message in model.messages { add("MESSAGE \(message.role)", message.content) }
        return out
    }

    /// What is printed for a model without a template.
    static let noTemplate = "{{ .Prompt }}"

    /// A parameter's value as Go prints it.
    public static func text(of value: JSONValue) -> String {
        switch value {
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .null: return "<nil>"
        case .number(let number):
            let value = number.double
            // Unlike in JSON, the exponent form begins below 1e-4 and has two digits.
            guard value != 0, abs(value) < 1e-4 else { return JSONNumber(value).literal }
            return "\(value)"
        default: return value.serialized
        }
    }

    /// A command's line: the value as the reference writes it where that reads back as it was, else
    /// between the quotes that keep it, if any do.
    private static func line(_ command: String, _ value: String) -> String {
        let bytes = value.utf8
        let blank = UInt8(ascii: " ")
        let isPlain =
            !bytes.contains(UInt8(ascii: "\n")) && bytes.first != blank && bytes.last != blank
        let single = "\"\(value)\""
        let triple = "\"\"\"\(value)\"\"\""
        let usual = isPlain ? value : bytes.contains(UInt8(ascii: "\"")) ? triple : single
        let kept = [usual, single, triple].first { reads("\(command) \($0)\n", as: value) }
        return "\(command) \(kept ?? usual)\n"
    }

    private static func reads(_ line: String, as value: String) -> Bool {
        var parser = ModelfileParser(Array(line.unicodeScalars))
        guard let commands = try? parser.commands(), commands.count == 1 else { return false }
        let found = commands[0].arguments
        // Keys and roles stand before the value, with a blank between.
        let isPair = ["parameter", "message"].contains(commands[0].name)
        let start = isPair ? found.utf8.firstIndex(of: UInt8(ascii: " ")) : nil
        let argument = start.map { found.utf8[found.utf8.index(after: $0)...] } ?? found.utf8[...]
        return argument.elementsEqual(value.utf8)
    }
}
