import API
import Engine
import Prompting
import Tokenization

/// Decides which tokens may come next in one answer. Lives on the worker's thread.
///
/// Thinking is free, up to its budget: when that is spent, the closing tag is put in. Behind it a
/// `format` or a required call holds the whole answer; with a `format` and tools the answer is one or
/// the other. Without a `format`, calls that the model makes by itself are held
/// from the text that starts one (the format's trigger) to the end of that call; what stands between
/// them is free. A call whose first bytes, in the token that ended the trigger, do not fit stays
/// free as well.
struct AnswerConstraint: Sendable {
    /// What the text may still be; empty where it is free.
    private var matchers: [GrammarMatcher] = []
    private var mask: [UInt64] = []
    private var thought: Thought?
    private var call: Call?
    private var forced: [Token] = []
    /// Control tokens that stand in the grammar as text.
    private let markers: [(token: Token, text: [UInt8])]

    /// What is known while the model may still be thinking.
    private struct Thought: Sendable {
        let close: [UInt8]
        /// The opening tag, allowed instead of the answer's beginning.
        let open: [Token]
        /// Tokens of it that were read.
        var opened = 0
        let openBytes: [UInt8]
        var isInside: Bool
        /// Tokens that may still be thought, and what ends the thought then.
        var budget: Int?
        var closing: [Token]
        /// Bytes in which the closing tag, or the opening one, may have begun.
        var tail: [UInt8] = []
    }

    /// A call that may begin.
    private struct Call: Sendable {
        let matcher: GrammarMatcher
        let trigger: [UInt8]
        let isBare: Bool
        var isRunning = false
        var isOver = false
        var tail: [UInt8] = []
    }

    init(_ grammar: Grammar, _ vocabulary: GrammarVocabulary) {
        self.init(whole: grammar, vocabulary: vocabulary)
    }

    init(
        whole grammar: Grammar?, vocabulary: GrammarVocabulary?,
        markers: [(token: Token, text: [UInt8])] = []
    ) {
        if let grammar { matchers = [GrammarMatcher(grammar, vocabulary: vocabulary)] }
        mask = [UInt64](repeating: 0, count: vocabulary?.maskWords ?? 0)
        self.markers = markers
    }

    /// Lets the answer be of this grammar instead of the one that it is held to.
    mutating func allow(_ grammar: Grammar, _ vocabulary: GrammarVocabulary) {
        matchers.append(GrammarMatcher(grammar, vocabulary: vocabulary))
    }

    /// Holds the calls that begin with a text.
    mutating func holdCalls(
        to grammar: Grammar, behind trigger: String, isBare: Bool, _ vocabulary: GrammarVocabulary
    ) {
        call = Call(
            matcher: GrammarMatcher(grammar, vocabulary: vocabulary), trigger: Array(trigger.utf8),
            isBare: isBare)
    }

    /// Lets the model think first, between these tags.
    ///
    /// - Parameters:
    ///   - budget: tokens that the thought may have.
    ///   - ending: what is put in when they are spent; nil: the closing tag.
    mutating func allowThinking(
        open: String, close: String, startsInside: Bool, tokenizer: Tokenizer, budget: Int? = nil,
        ending: String? = nil
    ) {
        thought = Thought(
            close: Array(close.utf8), open: tokenizer.encode(open, parseSpecial: true),
            openBytes: Array(open.utf8), isInside: startsInside, budget: budget,
            closing: tokenizer.encode(ending ?? close, parseSpecial: true))
    }

    /// The token that comes next whatever the model says.
    mutating func takeForced() -> Token? {
        if let thought, !thought.isInside, thought.opened > 0 {
            return thought.open[thought.opened]
        }
        if forced.isEmpty, let thought, thought.isInside, let budget = thought.budget, budget <= 0 {
            forced = thought.closing
            self.thought?.budget = nil
        }
        return forced.isEmpty ? nil : forced.removeFirst()
    }

    /// The one token that the grammar allows next; nil where it leaves a choice, and while the model
    /// thinks or may begin to.
    func forcedToken() -> Token? {
        guard thought == nil, forced.isEmpty, markers.isEmpty, matchers.count == 1 else {
            return nil
        }
        return matchers[0].forcedToken().map { Token($0) }
    }

    /// Takes the tokens that may not come next out of the logits.
    ///
    /// - Returns: false when nothing may come next and the answer has to end.
    mutating func restrict(_ logits: UnsafeMutableBufferPointer<Float>) -> Bool {
        if thought?.isInside == true { return true }
        guard let first = matchers.first else { return true }
        allow(first, in: &mask)
        for other in matchers.dropFirst() {
            var more: [UInt64] = []
            allow(other, in: &more)
            for index in mask.indices { mask[index] |= more[index] }
        }
        if let open = thought?.open.first, Int(open) < mask.count * 64 {
            mask[Int(open) / 64] |= 1 << UInt64(open & 63)
        }
        var anything: UInt64 = 0
        mask.withUnsafeBufferPointer { mask in
            for (index, word) in mask.enumerated() {
                anything |= word
                let first = index * 64
                var refused = ~word
                if word == 0, first + 64 <= logits.count {
                    logits.extracting(first..<first + 64).update(repeating: -.infinity)
                    continue
                }
                while refused != 0 {
                    let place = first + refused.trailingZeroBitCount
                    if place < logits.count { logits[place] = -.infinity }
                    refused &= refused - 1
                }
            }
        }
        for index in min(logits.count, mask.count * 64)..<logits.count {
            logits[index] = -.infinity
        }
        return anything != 0
    }

    /// The tokens that one of the grammars allows.
    ///
    /// Control tokens are no part of its mask: one is allowed where the grammar leaves no choice but
    /// its text, and then alone, or where the text could end instead.
    private func allow(_ matcher: GrammarMatcher, in mask: inout [UInt64]) {
        matcher.mask(into: &mask)
        guard !markers.isEmpty else { return }
        let next = matcher.forcedBytes(limit: 64)
        for (token, text) in markers where Int(token) < mask.count * 64 {
            if !next.isEmpty {
                guard next.starts(with: text) else { continue }
                for index in mask.indices { mask[index] = 0 }
            } else {
                var copy = matcher
                guard matcher.isComplete, copy.advance(text) else { continue }
            }
            mask[Int(token) / 64] |= 1 << UInt64(token & 63)
        }
    }

    /// Reads a token of the answer.
    mutating func accept(_ token: Token, _ piece: [UInt8]) {
        guard thought != nil else { return acceptAnswer(piece[...]) }
        if thought!.isInside {
            thought!.budget? -= 1
            thought!.tail += piece
            guard let end = Self.end(of: thought!.close, in: thought!.tail) else {
                thought!.tail = thought!.tail.suffix(max(0, thought!.close.count - 1))
                return
            }
            // Blanks after the tag are no part of the answer.
            let rest = thought!.tail[end...].drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            thought = nil
            acceptAnswer(rest)
            return
        }
        if matchers.isEmpty {
            // The tag may come in parts, with blanks in front.
            let text = thought!.tail + piece
            thought!.tail = text
            let begun = text.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if begun.starts(with: thought!.openBytes) {
                thought!.isInside = true
                thought!.tail = Array(begun.dropFirst(thought!.openBytes.count))
                return
            }
            if thought!.openBytes.starts(with: begun) { return }
            thought = nil
            acceptAnswer(text[...])
            return
        }
        let isOpening =
            thought!.opened < thought!.open.count && token == thought!.open[thought!.opened]
        // Where the answer may begin with the same token, it does.
        if isOpening, thought!.opened > 0 || !matchers.contains(where: { $0.allows(piece) }) {
            thought!.opened += 1
            thought!.isInside = thought!.opened == thought!.open.count
            return
        }
        thought = nil
        acceptAnswer(piece[...])
    }

    private mutating func acceptAnswer(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        guard var call else { return advance(bytes) }
        defer { self.call = call }
        if call.isRunning {
            if matchers.isEmpty || !matchers[0].advance(bytes) || matchers[0].isComplete {
                matchers = []
                call.isRunning = false
            }
            return
        }
        guard !call.isOver else { return }
        call.tail += bytes
        if call.isBare {
            let begun = call.tail.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if begun.starts(with: call.trigger) {
                call.isOver = true
                begin(&call, begun.dropFirst(call.trigger.count))
            } else if !call.trigger.starts(with: begun) {
                call.isOver = true
            }
        } else if let end = Self.end(of: call.trigger, in: call.tail) {
            let rest = call.tail[end...]
            call.tail = []
            begin(&call, rest)
        } else {
            call.tail = call.tail.suffix(max(0, call.trigger.count - 1))
        }
    }

    private mutating func begin(_ call: inout Call, _ rest: ArraySlice<UInt8>) {
        var matcher = call.matcher
        guard rest.isEmpty || matcher.advance(rest) else { return }
        matchers = [matcher]
        call.isRunning = true
    }

    /// Goes on with the grammars that the text still belongs to.
    private mutating func advance(_ bytes: ArraySlice<UInt8>) {
        guard matchers.count != 1 else {
            _ = matchers[0].advance(bytes)
            return
        }
        let going = matchers.compactMap { matcher in
            var copy = matcher
            return copy.advance(bytes) ? copy : nil
        }
        if !going.isEmpty { matchers = going }
    }

    private static func end(of tag: [UInt8], in bytes: [UInt8]) -> Int? {
        guard !tag.isEmpty, bytes.count >= tag.count else { return nil }
        for start in 0...(bytes.count - tag.count)
        where bytes[start..<start + tag.count].elementsEqual(tag) {
            return start + tag.count
        }
        return nil
    }
}
