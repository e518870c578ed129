import API
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "writes back what it read",
        arguments: [
            "null", "true", "false", "0", "-0.5", "1e3", "12345678901234567890", "\"a\"", "[]",
            "{}", "[1,[2,{\"b\":null}],\"x\"]", "{\"z\":1,\"a\":2,\"m\":{\"y\":[],\"x\":{}}}",
            "\"\\u003c\\u003e\\u0026\\u2028\"", "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\"",
        ])
    func roundTrip(_ text: String) throws {
        #expect(try JSONValue(parsing: text).serialized == text)
    }

    @Test(
        "reads escapes",
        arguments: [
            (#""\u00e9""#, "\u{E9}"), (#""\ud83d\ude00""#, "\u{1F600}"), (#""\/""#, "/"),
            (#""\ud83d""#, "\u{FFFD}"), (#""\ud83dA""#, "\u{FFFD}A"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ude00x""#, "\u{FFFD}x"), ("\"\\r\\n\"", "\r\n"),
        ])
    func escapes(_ text: String, _ expected: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.string.map { Array($0.unicodeScalars) } == Array(expected.unicodeScalars))
    }

    @Test("replaces broken UTF-8")
    func brokenText() throws {
        #expect(try JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]).string == "a\u{FFFD}")
    }

    @Test(
        "refuses what is not JSON in the words of Go's decoder",
        arguments: [
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("{a}", "invalid character 'a' looking for beginning of object key string"),
            ("nul!", "invalid character '!' in literal null (expecting 'l')"),
            ("01", "invalid character '1' after top-level value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
        ])
    func errors(_ text: String, _ expected: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.description == expected)
        #expect(error?.isTruncated == false)
    }

    @Test(
        "knows a text that ends too early",
        arguments: ["{", "[1,", "\"a", "{\"a\":", "tru", "-", "\"\\u00"])
    func truncated(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.isTruncated == true)
    }

    @Test("knows an empty text")
    func empty() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: " \n") }
        #expect(error?.isEmpty == true)
    }

    @Test("refuses nesting beyond the limit instead of exhausting the stack")
    func depth() throws {
        let fits = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try JSONValue(parsing: fits).serialized == fits)
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    }

    @Test("keeps the last of duplicate members at the place of the first")
    func duplicates() throws {
        #expect(
            try JSONValue(parsing: "{\"a\":1,\"b\":2,\"a\":3}").serialized == "{\"a\":3,\"b\":2}")
    }

    @Test(
        "prints floats as Go does",
        arguments: [
            (1.0, "1"), (0.1, "0.1"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
            (1e-6, "0.000001"), (1e-7, "1e-7"), (-2.5e-9, "-2.5e-9"), (1.5e300, "1.5e+300"),
            (-0.0, "-0"), (123456.75, "123456.75"),
        ])
    func floats(_ value: Double, _ expected: String) {
        #expect(JSONNumber(value).literal == expected)
    }

    @Test("writes Python's form")
    func python() throws {
        let value = try JSONValue(parsing: "{\"b\":[1,{}],\"a\":\"<\u{E9}\u{1F600}>\"}")
        #expect(value.pythonSerialized() == "{\"b\": [1, {}], \"a\": \"<\u{E9}\u{1F600}>\"}")
        #expect(
            value.pythonSerialized(asciiOnly: true, sortKeys: true)
                == "{\"a\": \"<\\u00e9\\ud83d\\ude00>\", \"b\": [1, {}]}")
        #expect(
            value.pythonSerialized(indent: 1)
                == "{\n \"b\": [\n  1,\n  {}\n ],\n \"a\": \"<\u{E9}\u{1F600}>\"\n}")
    }

    @Test("sorts keys by code points")
    func sorting() {
        let value: JSONValue = ["\u{FFFD}": 1, "\u{1F600}": 2, "e\u{301}": 3, "f": 4]
        #expect(
            value.pythonSerialized(sortKeys: true)
                == "{\"e\u{301}\": 3, \"f\": 4, \"\u{FFFD}\": 1, \"\u{1F600}\": 2}")
    }
}
