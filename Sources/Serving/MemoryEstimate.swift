import GGUF

/// Memory that a model needs beside its mapped weights, against what the machine has left.
enum MemoryEstimate {
    /// What adapters leave, whose matrices are held as F32.
    ///
    /// - Throws: the refusal when they do not fit.
    static func left(of available: Int?, after adapters: [GGUFFile]) throws(LoadFailure) -> Int? {
        guard let available else { return nil }
        let needed = adapters.reduce(0) { sum, file in
            file.tensors.reduce(sum) { $0 + $1.elementCount * 4 }
        }
        guard needed <= available else {
            throw .memory(
                "model requires more system memory (\(text(needed))) than is available "
                    + "(\(text(available))) for its adapters")
        }
        return available - needed
    }

    /// KV cache of `sequences` full windows, saturating.
    static func cacheBytes(perPosition: Int, window: Int, sequences: Int) -> Int {
        let one = perPosition.multipliedReportingOverflow(by: window)
        let all = one.partialValue.multipliedReportingOverflow(by: sequences)
        return one.overflow || all.overflow ? Int.max : all.partialValue
    }

    /// Sequences, at most `wanted`, whose full windows fit in `available`.
    ///
    /// - Throws: the refusal when not even one fits.
    static func sequences(
        perPosition: Int, window: Int, wanted: Int, available: Int?
    ) throws(LoadFailure) -> Int {
        guard let available else { return wanted }
        let one = cacheBytes(perPosition: perPosition, window: window, sequences: 1)
        guard one <= available else {
            throw .memory(
                "model requires more system memory (\(text(one))) than is available "
                    + "(\(text(available))) for a context of \(window) tokens; lower num_ctx")
        }
        return one > 0 ? max(1, min(wanted, available / one)) : wanted
    }

    /// `3.1 GiB`, `512.0 MiB`.
    static func text(_ bytes: Int) -> String {
        let (unit, size) =
            bytes >= 1 << 30 ? ("GiB", Double(1 << 30)) : ("MiB", Double(1 << 20))
        let tenths = (Double(bytes) / size * 10).rounded()
        return "\(tenths / 10) \(unit)"
    }
}
