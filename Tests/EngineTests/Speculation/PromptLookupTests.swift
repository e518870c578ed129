import Engine
import Testing

@Suite struct PromptLookupTests {
    @Test("guesses what followed the last three tokens, else the last two")
    func widths() {
        var lookup = PromptLookup([1, 2, 3, 4, 5, 9, 2, 3, 7, 8])
        #expect(lookup.guess(4).isEmpty)
        lookup.append(2)
        #expect(lookup.guess(4).isEmpty)
        lookup.append(3)
        // (2, 3) stood last before the 7, (8, 2, 3) never.
        #expect(lookup.guess(3) == [7, 8, 2])
        #expect(PromptLookup.guess(after: [1, 2, 3, 4, 5, 9, 2, 3, 7, 8, 1, 2, 3], 2) == [4, 5])
        #expect(PromptLookup.guess(after: [1, 2, 3], 2).isEmpty)
        #expect(PromptLookup.guess(after: [], 2).isEmpty)
        #expect(PromptLookup.guess(after: [1, 2, 1, 2], 0).isEmpty)
    }

    @Test("the latest of several places counts")
    func latest() {
        #expect(PromptLookup.guess(after: [1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3], 1) == [5])
    }

    @Test("a text that repeats its end is guessed on and on")
    func loops() {
        #expect(PromptLookup.guess(after: [5, 5, 5], 4) == [5, 5, 5, 5])
        #expect(PromptLookup.guess(after: [1, 2, 3, 1, 2, 3], 7) == [1, 2, 3, 1, 2, 3, 1])
    }

    @Test("a place whose guesses hold is followed, whatever stood later")
    func following() {
        let passage: [Token] = [10, 11, 12, 13, 20, 21, 22, 14]
        // A later passage has (20, 21, 22) go on differently.
        var lookup = PromptLookup(passage + [20, 21, 22, 99, 50] + [10, 11, 12])
        #expect(lookup.guess(2) == [13, 20])
        for token: Token in [13, 20, 21, 22] { lookup.append(token) }
        #expect(lookup.guess(1) == [14])
        // A wrong guess leaves the place.
        lookup.append(99)
        #expect(lookup.guess(1) == [50])
    }

    @Test("agrees with a plain search over many tokens", arguments: [3, 7, 60])
    func plainSearch(_ kinds: Int) {
        var state: UInt64 = 88
        var text: [Token] = []
        for step in 0..<3000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text.append(Token((state >> 33) % UInt64(kinds)))
            guard step % 37 == 0 else { continue }
            // A new lookup follows no place yet.
            #expect(PromptLookup.guess(after: text, 5) == search(text, 5), "\(step)")
        }
    }

    private func search(_ text: [Token], _ count: Int) -> [Token] {
        for width in [3, 2] where text.count > width {
            let tail = text.suffix(width)
            for end in stride(from: text.count - 1, to: width - 1, by: -1)
            where text[end - width..<end].elementsEqual(tail) {
                var guesses: [Token] = []
                for place in end..<end + count {
                    guesses.append(
                        place < text.count ? text[place] : guesses[place - text.count])
                }
                return guesses
            }
        }
        return []
    }
}

extension PromptLookup {
    static func guess(after tokens: [Token], _ count: Int) -> [Token] {
        var lookup = PromptLookup(tokens)
        return lookup.guess(count)
    }
}

@Suite struct DraftPaceTests {
    @Test("guesses that hold make drafts longer, others shorter")
    func length() {
        var pace = DraftPace()
        let first = pace.next()
        pace.record(drafted: first, accepted: first)
        let second = pace.next()
        #expect(second > first)
        pace.record(drafted: second, accepted: 1)
        #expect(pace.next() == 2)
    }

    @Test("guesses that never hold are hardly made any more")
    func backingOff() {
        var pace = DraftPace()
        var drafted = 0
        for _ in 0..<2000 {
            let count = pace.next()
            drafted += count
            pace.record(drafted: count, accepted: 0)
        }
        #expect(drafted > 0 && drafted < 60)
        // They come back once they hold.
        var accepted = 0
        for _ in 0..<600 {
            let count = pace.next()
            accepted += count
            pace.record(drafted: count, accepted: count)
        }
        #expect(accepted > 1000)
    }
}
