import API
import Testing

@testable import Prompting

extension FamilyCase {
    static let every = all + further
}

/// What a parser found, and all text that it gave back.
struct Findings: Equatable {
    var calls: [String] = []
    var content = ""
    var thinking = ""
    var text = ""

    init(_ one: FamilyCase, _ parts: [String]) { self.init(one.parser(), parts) }

    /// - Parameter parser: fresh.
    init(_ parser: any OutputParser, _ parts: [String]) {
        var parser = parser
        for piece in parts.flatMap({ parser.consume($0) }) + parser.finish() {
            switch piece {
            case .content(let piece):
                content += piece
                text += piece
            case .thinking(let piece):
                thinking += piece
                text += piece
            case .markup(let piece): text += piece
            case .toolCall(let call):
                calls.append(call.name + JSONValue.object(call.arguments).serialized)
            }
        }
    }
}

/// Numbers that are the same in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
}

private func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

@Suite struct FamilyTests {
    @Test(arguments: FamilyCase.every)
    func `every family's answers are understood`(_ one: FamilyCase) {
        let found = Findings(one, [one.answer])
        #expect(found.calls == one.calls)
        #expect(found.content == one.content)
        #expect(found.thinking == one.thinking)
        #expect(isSame(found.text, one.answer))
    }

    @Test(arguments: FamilyCase.every)
    func `every way of cutting the stream gives the same`(_ one: FamilyCase) {
        let scalars = Array(one.answer.unicodeScalars)
        let whole = Findings(one, [one.answer])
        #expect(Findings(one, scalars.map { string([$0]) }) == whole)
        for cut in 0...scalars.count {
            #expect(Findings(one, [string(scalars[..<cut]), string(scalars[cut...])]) == whole)
        }
    }

    @Test(arguments: FamilyCase.every)
    func `a cut answer loses no text`(_ one: FamilyCase) {
        let scalars = Array(one.answer.unicodeScalars)
        for end in 0...scalars.count {
            let text = string(scalars[..<end])
            let whole = Findings(one, [text])
            #expect(isSame(whole.text, text))
            #expect(Findings(one, scalars[..<end].map { string([$0]) }) == whole)
        }
    }

    @Test(arguments: Set(FamilyCase.every.map(\.family)).sorted())
    func `ten thousand damaged answers of a family lose no text`(_ family: String) {
        let cases = FamilyCase.every.filter { $0.family == family }
        let scalars = cases.map { Array($0.answer.unicodeScalars) }
        let parsers = cases.map { $0.parser() }
        var random = Seeded(state: UInt64(family.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
        for round in 0..<10_000 {
            let parser = parsers[round % cases.count]
            let damaged = damaged(scalars[round % cases.count], &random)
            let text = string(damaged)
            let whole = Findings(parser, [text])
            guard isSame(whole.text, text) else {
                Issue.record("lost text of \(text.debugDescription): \(whole)")
                return
            }
            let cut = Int.random(in: 0...damaged.count, using: &random)
            guard Findings(parser, [string(damaged[..<cut]), string(damaged[cut...])]) == whole
            else {
                Issue.record("a cut at \(cut) changes \(text.debugDescription): \(whole)")
                return
            }
        }
    }

    /// Text with one to three scalars lost, changed or repeated.
    private func damaged(
        _ scalars: [Unicode.Scalar], _ random: inout Seeded
    ) -> [Unicode.Scalar] {
        var damaged = scalars
        for _ in 0..<Int.random(in: 1...3, using: &random) where !damaged.isEmpty {
            let place = Int.random(in: 0..<damaged.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: damaged.remove(at: place)
            case 1: damaged[place] = Unicode.Scalar(UInt8.random(in: 0...127, using: &random))
            case 2:
                let from = Int.random(in: 0..<scalars.count, using: &random)
                damaged.insert(contentsOf: scalars[from...].prefix(12), at: place)
            default: damaged.removeSubrange(place..<min(damaged.count, place + 5))
            }
        }
        return damaged
    }

    @Test func `the template's marks choose the family`() {
        for one in FamilyCase.every where !one.template.isEmpty {
            let known = ToolCallFormats.known.first { _, marks, _ in
                marks.allSatisfy { one.template.containsBytes(of: $0) }
            }
            #expect(known?.name == one.family)
        }
    }
}
