import API

/// `adapter_config.json`: how strong a LoRA is, in the words of PEFT or of MLX.
struct AdapterConfig {
    static let fileName = "adapter_config.json"

    private enum Strength {
        /// Over the rank.
        case alpha(Double)
        /// Over the root of the rank.
        case rootAlpha(Double)
        case factor(Double)
    }

    private let strength: Strength

    /// - Throws: malformed that names the key of everything that is not a plain LoRA.
    init(parsing bytes: [UInt8]) throws(StoreError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw StoreError(.malformed, "\(Self.fileName): \(error)")
        }
        guard json.object != nil else {
            throw StoreError(.malformed, "\(Self.fileName): expected an object")
        }
        for (key, plain) in Self.plainValues {
            guard let value = json[key], !value.isNull, !plain.contains(value) else { continue }
            throw Self.unsupported(key, value)
        }
        for key in Self.unsupportedKeys {
            switch json[key] {
            case nil, .null?, .bool(false)?: continue
            case .object(let object)? where object.isEmpty: continue
            case .array(let array)? where array.isEmpty: continue
            case let value?: throw Self.unsupported(key, value)
            }
        }
        // These start from weights of the model that the adapter has changed.
        if let start = json["init_lora_weights"]?.string?.lowercased(),
            ["pissa", "olora", "corda", "loftq", "lora_ga"].contains(where: start.hasPrefix)
        {
            throw Self.unsupported("init_lora_weights", .string(start))
        }
        let inner = json["lora_parameters"]
        if let factor = try Self.number("scale", of: inner) {
            strength = .factor(factor)
            return
        }
        let own = try Self.number("lora_alpha", of: json)
        let inherited = try Self.number("alpha", of: inner)
        guard let alpha = inherited ?? own else {
            throw StoreError(.malformed, "\(Self.fileName): lora_alpha is missing")
        }
        strength = json["use_rslora"] == true ? .rootAlpha(alpha) : .alpha(alpha)
    }

    /// What GGUF divides by the rank.
    func alpha(rank: Int) -> Double {
        switch strength {
        case .alpha(let alpha): alpha
        case .rootAlpha(let alpha): alpha * Double(rank).squareRoot()
        case .factor(let factor): factor * Double(rank)
        }
    }

    private static let plainValues: [(String, [JSONValue])] = [
        ("peft_type", ["LORA"]), ("fine_tune_type", ["lora"]), ("bias", ["none"]),
    ]
    /// Kinds of adapters that hold more than pairs of matrices, or use them in another way.
    private static let unsupportedKeys = [
        "use_dora", "use_qalora", "fan_in_fan_out", "lora_bias", "modules_to_save", "alpha_pattern",
        "layer_replication", "trainable_token_indices", "alora_invocation_tokens",
        "target_parameters",
    ]

    private static func unsupported(_ key: String, _ value: JSONValue) -> StoreError {
        StoreError(.malformed, "\(fileName): \(key): \(value.serialized) is not supported")
    }

    private static func number(_ key: String, of json: JSONValue?) throws(StoreError) -> Double? {
        guard let value = json?[key], !value.isNull else { return nil }
        guard let number = value.double, number.isFinite, number > 0 else {
            throw StoreError(
                .malformed,
                "\(fileName): \(key): expected a positive number, found \(value.serialized)")
        }
        return number
    }
}
