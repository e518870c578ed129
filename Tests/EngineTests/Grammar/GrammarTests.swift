import Foundation
import Testing

@testable import Engine

@Suite struct GrammarTests {
    struct Example: Sendable {
        var schema: String
        var accept: [String]
        var reject: [String]

        func check() throws {
            let grammar = try Grammar(jsonSchema: Array(schema.utf8))
            for text in accept {
                #expect(grammar.matches(Array(text.utf8)), "\(schema) accepts \(text)")
            }
            for text in reject {
                #expect(!grammar.matches(Array(text.utf8)), "\(schema) rejects \(text)")
            }
        }
    }

    static let examples: [Example] = [
        Example(
            schema:
                #"{"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"]}"#,
            accept: [#"{"b":"x","a":1}"#, #"{"a": 1, "b": ""}"#, #"{"b":"\u00e9\ud83d\ude00"}"#],
            reject: [#"{"a":1}"#, #"{"b":"x","b":"y"}"#, #"{"b":"\ud83d"}"#, "{\"b\":\"\n\"}"]),
        Example(
            schema: #"{"type":"number","minimum":-1.5,"exclusiveMaximum":2.25}"#,
            accept: ["-1.5", "0", "2", "2.2", "2.2499", "-0.75", "1.999"],
            reject: ["-1.51", "2.25", "3", "-2", "2.250", "10", "02"]),
        Example(
            schema: #"{"type":"integer","minimum":10,"maximum":1000,"multipleOf":7}"#,
            accept: ["14", "700", "994"], reject: ["7", "15", "1001", "-14"]),
        Example(
            schema: #"{"type":"number","multipleOf":0.25}"#,
            accept: ["0.5", "3", "-2.75", "1.250"], reject: ["0.1", "0.3", "2.26"]),
        Example(
            schema: #"{"type":"string","pattern":"b","minLength":2,"maxLength":3}"#,
            accept: [#""ab""#, #""bbb""#, #""xb\"""#], reject: [#""b""#, #""xxx""#, #""abcd""#]),
        Example(
            schema: #"""
                {"type":"object","properties":{"id":{"type":"integer"}},
                 "patternProperties":{"^x-":{"type":"boolean"}},"additionalProperties":{"type":"null"}}
                """#,
            accept: [#"{"x-a":true,"id":1}"#, #"{"other":null}"#, #"{"i":null,"idx":null}"#],
            reject: [#"{"x-a":null}"#, #"{"other":1}"#, #"{"id":null}"#]),
        Example(
            schema: #"{"type":"string","format":"date"}"#,
            accept: [#""2000-02-29""#, #""2024-02-29""#],
            reject: [#""1900-02-29""#, #""2023-02-29""#, #""2023-04-31""#]),
        Example(
            schema: #"{"allOf":[{"type":"integer","minimum":3},{"maximum":5}]}"#,
            accept: ["3", "5"], reject: ["2", "6", "4.5"]),
        Example(
            schema: #"{"prefixItems":[{"type":"integer"}],"items":{"type":"string"},"minItems":1}"#,
            accept: ["[1]", #"[1, "a"]"#], reject: ["[]", #"["a"]"#, "[1,2]"]),
        Example(
            schema: #"""
                {"type":"object","properties":{"a":{},"b":{},"c":{}},"required":["c"],
                 "additionalProperties":{"type":"integer"},"minProperties":2,"maxProperties":3}
                """#,
            accept: [#"{"a":"x","c":null}"#, #"{"z":1,"c":2}"#, #"{"z":1,"a":2,"c":3}"#],
            reject: [
                #"{"c":1}"#, #"{"z":1,"y":2,"x":3}"#, #"{"z":1,"y":2,"a":3}"#, #"{"z":"x","c":1}"#,
                #"{"a":1,"b":2,"c":3,"z":4}"#,
            ]),
        Example(
            schema: #"""
                {"type":"object","properties":{"id":{"type":"integer"},"ID2":{}},
                 "propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":{"type":"null"}}
                """#,
            accept: [#"{"id":1,"x":null}"#, "{}"],
            reject: [#"{"ID2":1}"#, #"{"X":null}"#, #"{"x1":null}"#]),
        Example(
            schema:
                #"{"enum":[1,2.5,"a","abc",[1],[1,2],{}],"minimum":2,"minItems":2,"minLength":2}"#,
            accept: ["2.5", #""abc""#, "[1,2]", "{}"], reject: ["1", #""a""#, "[1]"]),
        Example(
            schema: #"{"allOf":[{"enum":[1,2,"x"]},{"enum":[1.0,"x",3]}]}"#,
            accept: ["1", #""x""#], reject: ["2", "3"]),
        Example(
            schema: #"{"prefixItems":[{"type":"integer"}],"unevaluatedItems":false}"#,
            accept: ["[1]", "[]"], reject: ["[1,2]", #"["x"]"#]),
        Example(
            schema: #"{"type":"object","unevaluatedProperties":false}"#, accept: ["{}"],
            reject: [#"{"a":1}"#]),
        Example(
            schema: #"{"type":"string","format":"ipv6"}"#,
            accept: [#""::1""#, #""2001:db8::8a2e:370:7334""#, #""1:2:3:4:5:6:7:8""#],
            reject: [#""1::2::3""#, #""1:2:3:4:5:6:7""#, #""12345::""#]),
        Example(
            schema: #"{"type":"string","format":"duration","x-unit":"time"}"#,
            accept: [#""P1Y2M3D""#, #""PT5M""#, #""P3W""#, #""P1DT12H30M5S""#],
            reject: [#""P""#, #""PT""#, #""P1H""#, #""P1Y3D""#]),
        Example(
            schema: #"{"type":"object","minProperties":1,"maxProperties":2}"#,
            accept: [#"{"a":1}"#, #"{"a":1,"b":[{}]}"#], reject: ["{}", #"{"a":1,"b":2,"c":3}"#]),
        Example(
            schema: """
                {"properties":{\((0..<12).map { "\"p\($0)\":{\"type\":\"integer\"}" }
                    .joined(separator: ","))},"required":["p3"]}
                """,
            accept: [
                #"{"p3":1}"#, #"{"p0":1,"p3":2,"p11":3}"#, #"{"p11":1,"p3":2,"p0":3,"p7":4}"#,
            ],
            reject: ["{}", #"{"p0":1}"#, #"{"p3":1,"p3":1}"#]),
    ]

    @Test(arguments: examples)
    func `a schema accepts its values and no others`(example: Example) throws {
        try example.check()
    }

    @Test(arguments: [
        (#"{"not":{}}"#, "not"), (#"{"type":"array","uniqueItems":true}"#, "uniqueItems"),
        (#"{"type":"string","format":"iri"}"#, "iri"), (#"{"if":{}}"#, "if"),
        (#"{"properties":{"a":{"contains":{}}}}"#, "contains"),
        (#"{"type":"string","pattern":"(?=a)b"}"#, "(?"), (#"{"type":"text"}"#, "text"),
        (#"{"$ref":"http://example.com/a"}"#, "http://example.com/a"),
        (##"{"$ref":"#"}"##, "$ref"), (#"{"enum":[]}"#, "no text"), ("{", "byte"),
    ])
    func `what is not supported is refused by name`(schema: String, named: String) {
        #expect {
            try Grammar(jsonSchema: Array(schema.utf8))
        } throws: { error in
            (error as? GrammarError)?.description.contains(named) ?? false
        }
    }

    @Test(arguments: [
        #"root ::= root "a" | "b""#, #"root ::= x root"# + "\n" + #"x ::= "a"?"#,
        #"root ::= "a" b"#, #"start ::= "a""#, #"root ::= "a"#, #"root ::= "a"{99999}"#,
        "root ::= a\na ::= \"x\" a", #"root ::= ((("a"{9999}){9999}){9999}){9999}"#,
    ])
    func `a broken or hostile grammar is refused`(source: String) {
        #expect(throws: GrammarError.self) { try Grammar(gbnf: Array(source.utf8)) }
    }

    @Test
    func `hostile schemas end with an answer`() throws {
        let deep = String(repeating: #"{"items":"#, count: 10_000)
        #expect(throws: GrammarError.self) { try Grammar(jsonSchema: Array(deep.utf8)) }
        let patterns = ["((a{1000}){1000}){1000}", "(a|a)*(a|a)*(a|a)*b", "(.*a){50}"]
        for pattern in patterns {
            let schema = #"{"type":"string","pattern":"\#(pattern)"}"#
            _ = try? Grammar(jsonSchema: Array(schema.utf8)).matches(
                Array(("\"" + String(repeating: "a", count: 200) + "\"").utf8))
        }
    }

    @Test func `a hundred properties come in any order`() throws {
        let names = (0..<100).map { "p\($0)" }
        let properties = names.map { "\"\($0)\":{\"type\":\"integer\"}" }.joined(separator: ",")
        let required = names.map { "\"\($0)\"" }.joined(separator: ",")
        let schema = "{\"properties\":{\(properties)},\"required\":[\(required)]}"
        let grammar = try Grammar(jsonSchema: Array(schema.utf8))
        var generator = SystemRandomNumberGenerator()
        func text(_ names: [String]) -> [UInt8] {
            Array("{\(names.map { "\"\($0)\": 1" }.joined(separator: ", "))}".utf8)
        }
        let shuffled = names.shuffled(using: &generator)
        #expect(grammar.matches(text(shuffled)))
        #expect(!grammar.matches(text(shuffled.dropLast())))
        #expect(!grammar.matches(text(shuffled + [shuffled[3]])))
    }

    static func vocabulary() -> GrammarVocabulary {
        var tokens = (UInt8.min...UInt8.max).map { [$0] }
        tokens += [
            "\",\"", "\":", "\": ", "{\"", "true", "false", "null", "12", "abc", "é", "日本",
            "a\u{2028}", "x\"", "bcd12",
        ]
        .map { Array($0.utf8) }
        tokens.append([])
        return GrammarVocabulary(tokens: tokens, endTokens: [tokens.count - 1])
    }

    @Test(
        arguments: examples.map(\.schema) + [
            #"{"type":"array","items":{}}"#, #"{"type":"string","maxLength":5}"#,
            #"{"type":"string","pattern":"^.{2,4}$"}"#, #"{"type":"string","pattern":"^.{0,3}x$"}"#,
            #"{"type":"string","pattern":"^[a-z0-9]{1,6}-?$"}"#,
            #"{"type":"string","format":"hostname"}"#,
        ])
    func `a mask allows exactly the tokens that can be read`(schema: String) throws {
        let grammar = try Grammar(jsonSchema: Array(schema.utf8))
        var tokens = (UInt8.min...UInt8.max).map { [$0] }
        tokens += [
            "\",\"", "\":", "\": ", "{\"", "true", "false", "null", "12", "abc", "é", "日本",
            "a\u{2028}", "x\"", "bcd12",
        ]
        .map { Array($0.utf8) }
        let end = tokens.count
        let vocabulary = Self.vocabulary()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<4 {
            var matcher = GrammarMatcher(grammar, vocabulary: vocabulary)
            var text: [UInt8] = []
            var mask: [UInt64] = []
            var finished = false
            for step in 0..<120 {
                matcher.mask(into: &mask)
                let allowed = (0...end).filter { mask[$0 >> 6] >> UInt64($0 & 63) & 1 == 1 }
                for token in tokens.indices {
                    var copy = matcher
                    let isRead = copy.advance(tokens[token])
                    #expect(isRead == allowed.contains(token))
                }
                #expect(allowed.contains(end) == matcher.isComplete)
                #expect(!allowed.isEmpty)
                let forced = matcher.forcedBytes()
                if let byte = forced.first { #expect(matcher.accepts(byte)) }
                if matcher.isComplete, step > 30 || allowed.count == 1 {
                    finished = true
                    break
                }
                let quote = allowed.contains(0x22) && step > 20 ? 0x22 : nil
                let choice = quote ?? allowed.filter { $0 != end }.randomElement(using: &generator)
                guard let choice else { break }
                let isRead = matcher.advance(tokens[choice])
                #expect(isRead)
                text += tokens[choice]
            }
            if finished {
                #expect(throws: Never.self) {
                    try JSONSerialization.jsonObject(
                        with: Data(text), options: [.fragmentsAllowed])
                }
                #expect(grammar.matches(text))
            }
        }
    }

    @Test
    func `the only way on is forced`() throws {
        let grammar = try Grammar(gbnf: Array(#"root ::= "yes, " [ab]"#.utf8))
        let matcher = GrammarMatcher(grammar)
        #expect(matcher.forcedBytes() == Array("yes, ".utf8))
        #expect(try GrammarMatcher(.json).forcedBytes() == [0x7B])
        #expect(try Grammar.json.matches(Array(#"{"a": [1, null, "x"]}"#.utf8)))
        #expect(try !Grammar.json.matches(Array("[1]".utf8)))
    }

    @Test
    func `a case answers for each of its inputs`() throws {
        let answers = try GrammarCase.run(
            Array(#"{"schema":{"type":"boolean"},"inputs":["true","1"]}"#.utf8))
        #expect(answers == [true, false])
    }
}
