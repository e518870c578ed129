import Testing

@testable import Serving

/// A stream's text in a box: expectations cannot mutate values.
private final class Reader {
    private var text: StoppableText
    init(_ stops: [String]) { text = StoppableText(stops: stops) }
    func append(_ bytes: [UInt8]) -> StoppableText.Release { text.append(bytes) }
    func finish() -> String { text.finish() }
}

private final class Guardian {
    private var inner = RepetitionGuard()
    func admits(_ piece: String) -> Bool { inner.admits(piece) }
}

@Suite struct StoppableTextTests {
    /// Shown pieces, and the last text when a stop string ended the stream.
    static func run(_ pieces: [String], stops: [String]) -> (shown: [String], stopped: Bool) {
        var text = StoppableText(stops: stops)
        var shown: [String] = []
        for piece in pieces {
            switch text.append(Array(piece.utf8)) {
            case .withheld: break
            case .text(let part): shown.append(part)
            case .stopped(let part): return (shown + [part], true)
            }
        }
        return (shown + [text.finish()], false)
    }

    static let answer = ["I", " am", " a", " ", "tin", "y", " ", "test", " model"]

    @Test func `text without stop strings passes piece by piece`() {
        let (shown, stopped) = Self.run(Self.answer, stops: [])
        #expect(shown == Self.answer + [""])
        #expect(!stopped)
    }

    @Test(arguments: [
        (["tiny"], ["I", " am", " a", " ", ""]),
        (["model", "test"], ["I", " am a", " ", "tin", "y", " ", ""]),
        ([" "], ["I", ""]),
        (["I"], [""]),
        (["", "x"], [""]),
        (["a tiny te"], ["I", " ", "am "]),
        (["tiny", "a"], ["I", " "]),
    ])
    func `a stop string ends the text in front of it`(stops: [String], expected: [String]) {
        let (shown, stopped) = Self.run(Self.answer, stops: stops)
        #expect(stopped)
        #expect(shown.joined() == expected.joined())
    }

    @Test func `text that may become a stop string waits until that is settled`() {
        let text = Reader(["</s>"])
        #expect(text.append(Array("a<".utf8)) == .withheld)
        #expect(text.append(Array("/".utf8)) == .withheld)
        #expect(text.append(Array("b".utf8)) == .text("a</b"))
        #expect(text.append(Array("</s".utf8)) == .withheld)
        #expect(text.finish() == "</s")
    }

    @Test func `the earliest stop string wins, not the first of the list`() {
        let (shown, stopped) = Self.run(["one two three"], stops: ["three", "two"])
        #expect(stopped)
        #expect(shown == ["one "])
    }

    @Test func `a character in several pieces is shown whole`() {
        let text = Reader([])
        #expect(text.append([0xE4, 0xBD]) == .withheld)
        #expect(text.append([0xA0]) == .text("你"))
        #expect(text.append([0xF0, 0x9F]) == .withheld)
        #expect(text.append([0x98, 0x80, 0x41]) == .text("😀A"))
        #expect(text.append([0xC3]) == .withheld)
        #expect(text.finish() == "")
    }

    @Test func `bytes that are no text are shown as replacement characters`() {
        let text = Reader([])
        #expect(text.append([0xC3]) == .withheld)
        #expect(text.append(Array("ase".utf8)) == .text("\u{FFFD}ase"))
        #expect(text.append([0xFF]) == .text("\u{FFFD}"))
        #expect(text.append([0x80]) == .text("\u{FFFD}"))
        // As far behind the leading byte as its character would have gone.
        #expect(text.append([0xE6]) == .withheld)
        #expect(text.append(Array("K".utf8)) == .withheld)
        #expect(text.append(Array("K".utf8)) == .text("\u{FFFD}KK"))
        #expect(text.append([0xE6]) == .withheld)
        #expect(text.append(Array("K".utf8)) == .withheld)
        #expect(text.finish() == "\u{FFFD}K")
    }

    @Test(arguments: [
        ([UInt8](), 0), ([0x41], 0), ([0xC3], 1), ([0xC3, 0xA9], 0), ([0xE4, 0xBD], 2),
        ([0xF0, 0x9F, 0x98], 3), ([0xF0, 0x9F, 0x98, 0x80], 0), ([0x80, 0x80, 0x80, 0x80], 0),
        ([0xFF], 0), ([0xC0], 0),
    ])
    func `unfinished sequences at the end are measured`(bytes: [UInt8], count: Int) {
        #expect(StoppableText.unfinishedSuffix(of: bytes) == count)
    }
}

@Suite struct RepetitionGuardTests {
    @Test func `thirty repetitions pass, the next does not`() {
        let guardian = Guardian()
        for index in 0...RepetitionGuard.limit {
            #expect(guardian.admits(index.isMultiple(of: 2) ? "ort" : " ort\n"))
        }
        #expect(!guardian.admits("ort"))
    }

    @Test func `another piece starts the count again`() {
        let guardian = Guardian()
        for _ in 0..<30 { _ = guardian.admits("a") }
        #expect(guardian.admits("b"))
        for _ in 0..<30 { #expect(guardian.admits("a")) }
    }
}
