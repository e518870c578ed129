import API

/// The sections that `show` prints about a model.
struct ModelReport {
    let model: JSONValue
    var verbose = false

    var text: String {
        var text = section("Model", modelRows)
        if let capabilities = model["capabilities"]?.array, !capabilities.isEmpty {
            text += section("Capabilities", capabilities.map { [$0.string ?? ""] })
        }
        if let projector = model["projector_info"]?.object, !projector.isEmpty {
            text += section("Projector", projectorRows(projector))
        }
        if let parameters = model["parameters"]?.string, !parameters.isEmpty {
            text += section(
                "Parameters",
                lines(parameters).filter { !$0.isEmpty }.map { line in
                    line.split { $0 == " " || $0 == "\t" }.map(String.init)
                })
        }
        if verbose {
            if let info = model["model_info"]?.object, !info.isEmpty {
                text += section(
                    "Metadata",
                    info.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                        .map { [$0, Self.metadataText(info[$0]!)] })
            }
            if let tensors = model["tensors"]?.array, !tensors.isEmpty {
                text += section("Tensors", tensors.map(tensorRow))
            }
        }
        for (title, key) in [("System", "system"), ("License", "license")] {
            if let value = model[key]?.string, !value.isEmpty {
                text += section(title, head(value), wrap: 100)
            }
        }
        return text
    }

    private var modelRows: [[String]] {
        var rows: [[String]] = []
        let details = model["details"]
        func add(_ label: String, _ value: String?) {
            if let value, !value.isEmpty { rows.append([label, value]) }
        }
        add("Remote model", model["remote_model"]?.string)
        if !(model["remote_model"]?.string ?? "").isEmpty {
            add("Remote URL", model["remote_host"]?.string)
        }
        let info = model["model_info"]?.object ?? [:]
        guard let architecture = info["general.architecture"]?.string else {
            rows.append(["architecture", details?["family"]?.string ?? ""])
            rows.append(["parameters", details?["parameter_size"]?.string ?? ""])
            rows.append(["quantization", details?["quantization_level"]?.string ?? ""])
            add("requires", model["requires"]?.string)
            return rows
        }
        rows.append(["architecture", architecture])
        var size = details?["parameter_size"]?.string ?? ""
        if size.isEmpty, let count = info["general.parameter_count"]?.double, count > 0 {
            size = HumanFormat.count(Int(count))
        }
        add("parameters", size)
        for (label, key) in [
            ("context length", "context_length"), ("embedding length", "embedding_length"),
        ] {
            add(label, info["\(architecture).\(key)"]?.double.map { general($0, exponentFrom: 21) })
        }
        rows.append(["quantization", details?["quantization_level"]?.string ?? ""])
        add("requires", model["requires"]?.string)
        return rows
    }

    private func projectorRows(_ info: JSONObject) -> [[String]] {
        let architecture = info["general.architecture"]?.string ?? ""
        var rows = [["architecture", architecture]]
        if let count = info["general.parameter_count"]?.double {
            rows.append(["parameters", HumanFormat.count(Int(count))])
        }
        for (label, key) in [
            ("embedding length", "embedding_length"), ("dimensions", "projection_dim"),
        ] {
            let value =
                info["\(architecture).vision.\(key)"] ?? info["\(architecture).audio.\(key)"]
            if let value = value?.double {
                rows.append([label, general(value, exponentFrom: 21)])
            }
        }
        return rows
    }

    private func tensorRow(_ tensor: JSONValue) -> [String] {
        let shape = (tensor["shape"]?.array ?? []).map { $0.number?.literal ?? "" }
        return [
            tensor["name"]?.string ?? "", tensor["type"]?.string ?? "",
            "[" + shape.joined(separator: " ") + "]",
        ]
    }

    /// A metadata value in one cell; of a list only as much as fits about ten columns.
    static func metadataText(_ value: JSONValue) -> String {
        guard let list = value.array else { return scalarText(value, exponentFrom: 6) }
        let items = list.map { scalarText($0, exponentFrom: 21) }
        var shown = 0
        var width = 1
        for item in items {
            let added = displayWidth(item) + (shown > 0 ? 2 : 0)
            if width + added > 10, shown > 0 { break }
            width += added
            shown += 1
        }
        let head = "[" + items.prefix(shown).joined(separator: " ")
        return shown < items.count ? "\(head) ...+\(items.count - shown) more]" : head + "]"
    }

    private static func scalarText(_ value: JSONValue, exponentFrom limit: Int) -> String {
        switch value {
        case .string(let text): text
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): general(number.double, exponentFrom: limit)
        case .null: "<nil>"
        default: value.serialized
        }
    }

    private func section(_ title: String, _ rows: [[String]], wrap: Int = Table.wrapWidth) -> String
    {
        var table = Table()
        table.indent = "    "
        table.wrap = wrap
        table.rows = rows
        return "  \(title)\n\(table.text)\n"
    }

    private func lines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
            String(String.UnicodeScalarView($0))
        }
    }

    /// The first two lines that are not blank, and `...` when there are more.
    private func head(_ text: String) -> [[String]] {
        let lines = lines(text).map(trimmedBlanks).filter { !$0.isEmpty }
        return lines.prefix(2).map { [$0] } + (lines.count > 2 ? [["..."]] : [])
    }
}

/// Text without white space at both ends.
func trimmedBlanks(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars))
}
