import Testing

@testable import Tokenization

/// Words followed by hand through each family's regular expressions.
@Suite("Splitting into words")
struct PreTokenizerTests {
    static func words(_ name: String, _ text: String) throws -> [String] {
        let family = try PreTokenizer.named(name)
        var text = text
        return text.withUTF8 { bytes in
            var scalars = ScalarText(bytes, 0..<bytes.count)
            var start = 0
            return family.ends(in: &scalars).map { end in
                defer { start = end }
                return String(
                    decoding: bytes[scalars.offsets[start]..<scalars.offsets[end]], as: UTF8.self)
            }
        }
    }

    static let cases: [(name: String, text: String, words: [String])] = [
        ("gpt-2", "I'm 12 years.", ["I", "'m", " 12", " years", "."]),
        ("gpt-2", "I'M  so\n\nold ", ["I", "'", "M", " ", " so", "\n", "\n", "old", " "]),
        ("default", "x=1234.5", ["x", "=", "123", "4", ".", "5"]),
        ("default", "`a` ", ["`", "a", "`", " "]),
        ("starcoder", "a 12", ["a", " ", "1", "2"]),
        ("smollm", "a  12b", ["a", "  ", "1", "2", "b"]),
        ("falcon", "a`b 1234", ["a", "`", "b", " ", "123", "4"]),
        (
            "llama-bpe", "HE'LL pay 12345\n\n ok",
            ["HE", "'LL", " pay", " ", "123", "45", "\n\n", " ok"]
        ),
        ("llama-bpe", "(a) ...\r\n", ["(a", ")", " ...\r\n"]),
        ("dbrx", "1234", ["123", "4"]),
        ("qwen2", "e\u{301}a 12", ["e", "\u{301}a", " ", "1", "2"]),
        ("qwen35", "e\u{301}a \u{301}", ["e\u{301}a", " \u{301}"]),
        (
            "gpt-4o", "camelCaseURL's a/b//\n",
            ["camel", "Case", "URL's", " a", "/b", "//\n"]
        ),
        ("gpt-4o", "éABC ÉCOLE", ["é", "ABC", " É", "COLE"]),
        ("tekken", "URL's 12", ["URL", "'s", " ", "1", "2"]),
        (
            "deepseek-v3", "x1234 .foo 中文ab\u{0}!",
            ["x", "123", "4", " .", "foo", " ", "中文", "ab", "\u{0}", "!"]
        ),
        ("deepseek-v3", ".foo a\u{301}", [".foo", " a\u{301}"]),
        ("deepseek-llm", "Hi, 中文12\n", ["Hi", ",", " ", "中文", "12", "\n"]),
        ("deepseek-llm", "a  \n", ["a", "  ", "\n"]),
        ("deepseek-coder", "Hi, 12", ["Hi", ",", " ", "1", "2"]),
    ]

    @Test("the words of each family", arguments: cases.indices)
    func expectedWords(index: Int) throws {
        let (name, text, expected) = Self.cases[index]
        let words = try Self.words(name, text)
        #expect(
            words.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(name): \(words)")
    }

    @Test("each name belongs to one family")
    func names() {
        let names = PreTokenizer.all.flatMap(\.names)
        #expect(Set(names).count == names.count)
    }

    @Test("every family's words join to the text, whatever it holds")
    func join() throws {
        let atoms = [
            "a", "B", "é", "中", "か", "한", " ", "  ", "\t", "\n", "\r\n", "1", "²", "'s", "'LL", ".",
            "/", "$", "`", "\u{301}", "\u{200D}", "\u{3000}", "\u{A0}", "😀", "\u{0}", "\u{FFFF}",
        ]
        var random = TinyRandom(seed: 5)
        for family in PreTokenizer.all {
            for _ in 0..<50 {
                let text = (0..<random.next(30)).map { _ in atoms[random.next(atoms.count)] }
                    .joined()
                let words = try Self.words(family.names[0], text)
                #expect(Array(words.joined().utf8) == Array(text.utf8), "\(family.names[0])")
                #expect(!words.contains(""))
            }
        }
    }

    @Test("runs that no later pass may take are looked at once")
    func longRuns() throws {
        for family in PreTokenizer.all {
            let text = String(repeating: " ", count: 50_000) + "字"
            #expect(try Self.words(family.names[0], text).count <= 3, "\(family.names[0])")
        }
    }
}

/// A small deterministic generator.
struct TinyRandom {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
