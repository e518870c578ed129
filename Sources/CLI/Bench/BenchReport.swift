import API

/// What a benchmark found, as a table for people or one JSON object.
struct BenchReport {
    var model: String
    var architecture: String
    var parameters: Int
    var weightBytes: Int
    var instructionSet: String
    var threads: Int
    var promptTokens: Int
    var generatedTokens: Int
    var parallel: Int
    /// Seconds.
    var loadTime: Double
    /// Tokens per second.
    var prefill: Statistics
    /// Tokens per second over all sequences.
    var decode: Statistics
    /// Bytes; 0 where the system does not tell.
    var peakMemory: Int
    /// Bytes per second that reading memory reached on this machine.
    var bandwidth: Double
    /// Weight bytes that one step reads.
    var bytesPerStep: Int

    /// Share of the measured bandwidth that decoding's weight reads used.
    var bandwidthShare: Double {
        bandwidth > 0
            ? decode.median / Double(max(parallel, 1)) * Double(bytesPerStep) / bandwidth : 0
    }

    var text: String {
        func rate(_ value: Double) -> String { HumanFormat.fixed(value, places: 2) }
        var facts = Table()
        facts.wrap = nil
        facts.rows = [
            ["model", model],
            ["architecture", architecture],
            ["parameters", HumanFormat.count(parameters)],
            ["weights", HumanFormat.binarySize(weightBytes)],
            ["instructions", instructionSet],
            ["threads", String(threads)],
            ["load time", HumanFormat.fixed(loadTime, places: 3) + " s"],
            ["peak memory", peakMemory > 0 ? HumanFormat.binarySize(peakMemory) : "unknown"],
            ["memory bandwidth", HumanFormat.fixed(bandwidth / 1e9, places: 1) + " GB/s"],
            ["used by decode", HumanFormat.fixed(bandwidthShare * 100, places: 1) + " %"],
        ]
        var rates = Table(header: ["TEST", "TOKENS", "MEDIAN t/s", "MIN t/s", "MAX t/s"])
        let decodeName = parallel > 1 ? "decode x\(parallel)" : "decode"
        for (name, tokens, statistics) in [
            ("prefill", promptTokens, prefill), (decodeName, generatedTokens, decode),
        ] {
            rates.rows.append([
                name, String(tokens), rate(statistics.median), rate(statistics.minimum),
                rate(statistics.maximum),
            ])
        }
        return facts.text + "\n" + rates.text
    }

    var json: JSONValue {
        func number(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }
        func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
        func rates(_ tokens: Int, _ statistics: Statistics) -> JSONValue {
            [
                "tokens": number(tokens), "median": number(statistics.median),
                "min": number(statistics.minimum), "max": number(statistics.maximum),
            ]
        }
        return [
            "model": .string(model), "architecture": .string(architecture),
            "parameters": number(parameters), "weight_bytes": number(weightBytes),
            "instruction_set": .string(instructionSet), "threads": number(threads),
            "parallel": number(parallel), "load_seconds": number(loadTime),
            "prefill": rates(promptTokens, prefill), "decode": rates(generatedTokens, decode),
            "peak_memory_bytes": number(peakMemory),
            "memory_bandwidth_bytes_per_second": number(bandwidth),
            "weight_bytes_per_step": number(bytesPerStep),
            "decode_bandwidth_share": number(bandwidthShare),
        ]
    }
}
