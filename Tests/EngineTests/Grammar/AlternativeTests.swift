import Testing

@testable import Engine

/// `oneOf`: exactly one alternative holds, or the schema is refused.
@Suite struct AlternativeTests {
    static let examples: [GrammarTests.Example] = [
        .init(
            schema: #"{"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]}"#,
            accept: ["1", #""1""#, "null"], reject: ["true", "1.5"]),
        .init(
            schema: #"{"oneOf":[{"enum":["a","b"]},{"type":"string","pattern":"^[c-z]$"}]}"#,
            accept: [#""a""#, #""x""#], reject: [#""ab""#]),
        .init(
            schema: #"{"oneOf":[{"type":"number","maximum":1},{"type":"integer","minimum":2}]}"#,
            accept: ["0.5", "1", "2"], reject: ["1.5", "2.5"]),
        .init(
            schema: #"{"oneOf":[{"type":"string","maxLength":2},{"type":"string","minLength":4}]}"#,
            accept: [#""ab""#, #""abcd""#], reject: [#""abc""#]),
        .init(
            schema: #"""
                {"oneOf":[
                  {"type":"object","properties":{"kind":{"const":"cat"},"n":{}},"required":["kind"]},
                  {"type":"object","properties":{"kind":{"const":"dog"},"n":{}},"required":["kind"]}]}
                """#,
            accept: [#"{"kind":"cat","n":1}"#, #"{"n":1,"kind":"dog"}"#],
            reject: [#"{"kind":"cow"}"#, #"{"n":1}"#]),
        // What tells the alternatives apart has to be there.
        .init(
            schema: #"""
                {"oneOf":[{"properties":{"kind":{"const":"cat"}}},{"properties":{"kind":{"const":"dog"}}}],
                 "type":"object"}
                """#,
            accept: [#"{"kind":"cat"}"#, #"{"kind":"dog"}"#], reject: ["{}"]),
        .init(
            schema: #"""
                {"type":"object","properties":{"a":{},"b":{},"c":{}},
                 "oneOf":[{"required":["a"]},{"required":["b"]}]}
                """#,
            accept: [#"{"a":1}"#, #"{"c":1,"b":2}"#],
            reject: ["{}", #"{"c":1}"#, #"{"a":1,"b":2}"#]),
        .init(
            schema: #"{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
            accept: [#"{"a":1,"x":2}"#, #"{"b":1}"#], reject: ["{}", #"{"a":1,"b":2}"#]),
        .init(
            schema: #"{"oneOf":[{"type":"array","minItems":2},{"type":"array","maxItems":1}]}"#,
            accept: ["[]", "[1,2]"], reject: ["1"]),
        .init(
            schema: #"""
                {"$defs":{"n":{"oneOf":[{"type":"integer"},{"type":"object","properties":
                  {"l":{"$ref":"#/$defs/n"},"r":{"$ref":"#/$defs/n"}},"required":["l","r"]}]}},
                 "$ref":"#/$defs/n"}
                """#,
            accept: ["1", #"{"l":1,"r":{"r":2,"l":3}}"#], reject: [#"{"l":1}"#]),
    ]

    @Test(arguments: examples)
    func `alternatives that exclude each other are honoured`(example: GrammarTests.Example) throws {
        try example.check()
    }

    @Test(arguments: [
        #"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#,
        #"{"oneOf":[{"multipleOf":3},{"multipleOf":5}]}"#,
        #"{"oneOf":[{"type":"string"},{"type":"string","minLength":3}]}"#,
        #"{"oneOf":[{"type":"string","pattern":"a"},{"type":"string","pattern":"b"}]}"#,
        #"{"oneOf":[{"type":"object","properties":{"a":{}}},{"type":"object","properties":{"b":{}}}]}"#,
        #"{"oneOf":[{"enum":[1,2]},{"enum":[2,3]}]}"#, #"{"oneOf":[{},{"type":"null"}]}"#,
    ])
    func `alternatives that may hold at once are refused`(schema: String) {
        let error = #expect(throws: GrammarError.self) {
            try Grammar(jsonSchema: Array(schema.utf8))
        }
        #expect(error?.description.contains("'oneOf'") == true)
    }

    @Test func `a long list of constants is no burden`() throws {
        let options = (0..<2000).map { "{\"const\":\"value \($0)\"}" }.joined(separator: ",")
        let grammar = try Grammar(jsonSchema: Array("{\"oneOf\":[\(options)]}".utf8))
        #expect(grammar.matches(Array(#""value 77""#.utf8)))
        #expect(!grammar.matches(Array(#""value""#.utf8)))
    }
}
