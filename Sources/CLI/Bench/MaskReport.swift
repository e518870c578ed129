import API
import Engine
import FoundationEssentials
import GGUF
import Serving
import Tokenization

/// What grammars cost with a model's vocabulary, as a table or one JSON object.
struct MaskReport {
    var vocabulary: Int
    /// Seconds that arranging the vocabulary took, once for each model.
    var arrangement: Double
    var rows: [MaskBenchmark.Row]

    /// - Parameter files: paths of files with cases.
    init(_ file: GGUFFile, _ files: [String]) throws {
        let tokenizer = try Tokenizer(file.metadata)
        let began = ContinuousClock.now
        let vocabulary = GrammarVocabulary(tokenizer)
        arrangement = (ContinuousClock.now - began) / .seconds(1)
        self.vocabulary = tokenizer.count
        rows = try files.flatMap { path in
            let data: Data
            do {
                data = try Data(contentsOf: URL(filePath: path))
            } catch {
                throw CommandError("cannot read \(path)")
            }
            return try MaskBenchmark.run(Array(data), vocabulary) { text in
                tokenizer.encode(text, addSpecial: false).map { tokenizer.piece($0) }
            }
        }
    }

    private var all: MaskBenchmark.Row {
        MaskBenchmark.Row(
            name: "all", compilation: rows.reduce(0) { $0 + $1.compilation },
            masks: rows.flatMap(\.masks).sorted())
    }

    var text: String {
        func micro(_ value: Double) -> String { HumanFormat.fixed(value / 1000, places: 1) }
        var table = Table(header: [
            "GRAMMAR", "STEPS", "COMPILE µs", "MASK MEDIAN µs", "P95 µs", "MAX µs",
        ])
        for row in rows + [all] {
            table.rows.append([
                row.name, String(row.masks.count), micro(row.compilation),
                micro(row.percentile(50)), micro(row.percentile(95)), micro(row.percentile(100)),
            ])
        }
        let facts = "vocabulary of \(vocabulary) tokens, arranged in "
        return facts + HumanFormat.fixed(arrangement, places: 3) + " s\n\n" + table.text
    }

    var json: JSONValue {
        func value(_ row: MaskBenchmark.Row) -> JSONValue {
            func micro(_ value: Double) -> JSONValue { .number(JSONNumber(value / 1000)) }
            return [
                "name": .string(row.name), "steps": .number(JSONNumber(row.masks.count)),
                "compile_us": micro(row.compilation), "median_us": micro(row.percentile(50)),
                "p95_us": micro(row.percentile(95)), "max_us": micro(row.percentile(100)),
            ]
        }
        return [
            "vocabulary": .number(JSONNumber(vocabulary)),
            "arrange_s": .number(JSONNumber(arrangement)),
            "grammars": .array(rows.map(value)), "all": value(all),
        ]
    }
}
