import API
import Testing

@Suite("Formats of numbers and times")
struct FormatTests {
    @Test(
        "durations are read and printed as Go does",
        arguments: [
            ("5m", "5m0s"), ("1h30m", "1h30m0s"), ("1.5h", "1h30m0s"), ("0", "0s"),
            ("300ms", "300ms"), ("-1.5s", "-1.5s"), ("1us", "1µs"), (".5s", "500ms"),
            ("1h2m3.000000004s", "1h2m3.000000004s"), ("+2ns", "2ns"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
        ])
    func duration(text: String, expected: String) throws {
        #expect(try GoDuration(parsing: text).description == expected)
    }

    @Test(
        "durations that are none",
        arguments: [
            ("300", #"time: missing unit in duration "300""#),
            ("abc", #"time: invalid duration "abc""#), ("", #"time: invalid duration """#),
            ("1x", #"time: unknown unit "x" in duration "1x""#),
            ("-", #"time: invalid duration "-""#), (".s", #"time: invalid duration ".s""#),
            ("9999999999h", #"time: invalid duration "9999999999h""#),
        ])
    func noDuration(text: String, message: String) {
        #expect(throws: APIError(400, message)) { try GoDuration(parsing: text) }
    }

    @Test(
        "keep-alives",
        arguments: [
            (5, .seconds(5)), (-1, .forever), (0.25, .seconds(0.25)), ("5m", .seconds(300)),
            ("-1s", .forever), ("0", .seconds(0)), (1e300, .forever),
        ] as [(JSONValue, KeepAlive)])
    func keepAlive(value: JSONValue, expected: KeepAlive) throws {
        #expect(try KeepAlive(json: value) == expected)
    }

    @Test(
        "sizes",
        arguments: [
            (999, "999 B"), (1000, "1 KB"), (1500, "1.5 KB"), (531_000_001, "531 MB"),
            (4_683_087_332, "4.7 GB"), (1_999_999_999_999, "2.0 TB"), (0, "0 B"),
        ])
    func size(bytes: Int, expected: String) { #expect(HumanFormat.size(bytes) == expected) }

    @Test(
        "counts",
        arguments: [
            (999, "999"), (33_280, "33K"), (494_032_768, "494.03M"), (7_000_000_000, "7B"),
            (7_615_616_512, "7.6B"), (4_461_824, "4.46M"), (2_000_000, "2M"),
        ])
    func count(number: Int, expected: String) { #expect(HumanFormat.count(number) == expected) }

    @Test(
        "spans",
        arguments: [
            (0.5, "Less than a second"), (1, "1 second"), (59, "59 seconds"),
            (60, "About a minute"), (150, "2 minutes"), (3600, "About an hour"),
            (5400, "2 hours"), (47 * 3600, "47 hours"), (48 * 3600, "2 days"),
            (14 * 86400, "2 weeks"), (60 * 86400, "2 months"), (730 * 86400, "2 years"),
        ] as [(Double, String)])
    func span(seconds: Double, expected: String) {
        #expect(HumanFormat.span(seconds: seconds) == expected)
    }

    @Test("relative times have a direction and two special words")
    func relative() {
        let now = Timestamp(seconds: 1_000_000)
        #expect(HumanFormat.relative(Timestamp(seconds: 999_998), to: now) == "2 seconds ago")
        #expect(
            HumanFormat.relative(Timestamp(seconds: 1_000_300), to: now) == "5 minutes from now")
        #expect(HumanFormat.relative(Timestamp(seconds: 1 << 33), to: now) == "Forever")
        #expect(HumanFormat.relative(nil, to: now) == "Never")
    }

    @Test(
        "timestamps",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (951_782_400, 0, "2000-02-29T00:00:00Z"),
            (1_795_419_362, 674_530_000, "2026-11-23T07:36:02.67453Z"),
            (-1, 1, "1969-12-31T23:59:59.000000001Z"),
        ])
    func timestamp(seconds: Int, nanoseconds: Int, text: String) throws {
        let moment = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(moment.description == text)
        #expect(Timestamp(parsing: text) == moment)
    }

    @Test("offsets are read, other texts refused")
    func offsets() {
        #expect(
            Timestamp(parsing: "1970-01-01T08:00:00.5+08:00")
                == Timestamp(seconds: 0, nanoseconds: 500_000_000))
        #expect(Timestamp(parsing: Timestamp.now.local) != nil)
        for text in ["", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00", "x"] {
            #expect(Timestamp(parsing: text) == nil)
        }
    }

    @Test("forever is about 292 years ahead")
    func forever() {
        let late = Timestamp(secondsSince1970: .infinity)
        #expect((late.seconds - Timestamp.now.seconds) / 31_556_952 == 292)
    }

    @Test(
        "quoted texts",
        arguments: [
            ("a\"b\\c", #""a\"b\\c""#), ("\u{2028}'é", #""\u2028'é""#),
            ("\t\u{1}\u{7F}", #""\t\x01\x7f""#),
            ("\u{E000}\u{10FFFF}", #""\ue000\U0010ffff""#),
        ])
    func quote(text: String, expected: String) { #expect(GoQuote.quoted(text) == expected) }

    @Test(
        "base64",
        arguments: [
            ("aGVsbG8=", "hello"), ("aGVs\nbG8=\n", "hello"), ("", ""), ("YQ==", "a"),
        ])
    func base64(text: String, expected: String) throws {
        #expect(try Base64.decode(text).get() == Array(expected.utf8))
    }

    @Test(
        "base64 says where it breaks",
        arguments: [("aGV", 0), ("a!==", 1), ("YQ=", 3), ("YQ==x", 4), ("=", 0), ("abcd*", 4)])
    func corrupt(text: String, offset: Int) {
        #expect(throws: Base64.CorruptInput.self) { try Base64.decode(text).get() }
        if case .failure(let error) = Base64.decode(text) { #expect(error.offset == offset) }
    }

    @Test("base64 round trip")
    func roundTrip() throws {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(try Base64.decode(Base64.encode(bytes)).get() == bytes)
        }
    }
}
