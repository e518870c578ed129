import API

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Rotary positions as `config.json` gives them, in either of the two places it may.
struct CheckpointRotation {
    /// How positions beyond the trained ones are reached.
    enum Scaling {
        case none
        case linear(factor: Double)
        case yarn(factor: Double, originalContext: Int)
        /// Slow pairs are slowed by `factor`, fast ones not at all, those between by degrees.
        case byWavelength(
            factor: Double, lowFrequency: Double, highFrequency: Double, originalContext: Int)
    }

    let base: Double
    let scaling: Scaling

    /// - Parameter kind: the member of `rope_parameters` that counts where there is one for each kind of
    ///   layer.
    /// - Throws: malformed for a way of scaling that is not known.
    init(_ config: CheckpointConfig, kind: String? = nil) throws(StoreError) {
        var part = config.json["rope_parameters"] ?? config.json["rope_scaling"]
        if let kind, let own = part?[kind] { part = own }
        let inside = try config.optionalFloat("rope_theta", of: part ?? .null)
        let outside = try config.optionalFloat("rope_theta")
        base = inside ?? outside ?? 10_000
        guard let part, part.object != nil else {
            scaling = .none
            return
        }
        func number(_ key: String) throws(StoreError) -> Double {
            guard let value = try config.optionalFloat(key, of: part) else {
                throw StoreError(.malformed, "config.json: \(key) of the rope scaling is missing")
            }
            return value
        }
        func context() throws(StoreError) -> Int {
            let value =
                part["original_max_position_embeddings"]?.integer
                ?? config.json["max_position_embeddings"]?.integer
            guard let value, value > 0 else {
                throw StoreError(
                    .malformed, "config.json: original_max_position_embeddings is missing")
            }
            return value
        }
        switch part["rope_type"]?.string ?? part["type"]?.string ?? "default" {
        case "default": scaling = .none
        case "linear": scaling = .linear(factor: try number("factor"))
        case "yarn":
            scaling = .yarn(factor: try number("factor"), originalContext: try context())
        case "llama3":
            let low = try number("low_freq_factor")
            let high = try number("high_freq_factor")
            guard high > low else {
                throw StoreError(
                    .malformed, "config.json: high_freq_factor: \(high) is not above \(low)")
            }
            scaling = .byWavelength(
                factor: try number("factor"), lowFrequency: low, highFrequency: high,
                originalContext: try context())
        case let other:
            throw StoreError(
                .malformed, "config.json: rope scaling \"\(other)\" is not supported")
        }
    }

    /// What each pair's frequency is divided by, for scaling by wavelength; nil otherwise.
    func divisors(headDimension: Int) -> [Float]? {
        guard case .byWavelength(let factor, let low, let high, let context) = scaling else {
            return nil
        }
        let length = Double(context)
        return stride(from: 0, to: headDimension, by: 2).map { index in
            let frequency = pow(base, -Double(index) / Double(headDimension))
            let wavelength = 2 * Double.pi / frequency
            if wavelength < length / high { return 1 }
            if wavelength > length / low { return Float(factor) }
            let smooth = (length / wavelength - low) / (high - low)
            return Float(1 / ((1 - smooth) / factor + smooth))
        }
    }
}
