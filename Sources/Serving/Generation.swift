import API
import Engine
import Prompting
import Tokenization

/// One running sequence: its place in the prompt, its sampler, and the text not yet shown.
///
/// Lives on the worker's thread.
struct Generation {
    let job: GenerationJob
    let sequence: SequenceID
    /// Tokens of the prompt that the cache holds.
    private(set) var evaluated: Int
    /// The decided tokens that no step has evaluated: a sampled one, and what a grammar forces
    /// after it.
    private var next: [Token] = []
    /// Guesses of what follows them, for the same step.
    private var draft: [Token] = []
    private var lookup: PromptLookup?
    private var pace = DraftPace()
    private var sampler: Sampler
    private var text: StoppableText
    private var splitter: OutputSplitter
    private var repetition = RepetitionGuard()
    private var constraint: AnswerConstraint?
    /// Probabilities of tokens whose text is withheld.
    private var heldProbabilities: [TokenLogProbability] = []
    private var answer = ""
    private var prefill: String
    private var summary = GenerationSummary()
    private let started: ContinuousClock.Instant
    private var firstToken: ContinuousClock.Instant?

    /// - Parameter speculates: Whether the next tokens may be guessed.
    init(
        _ job: GenerationJob, sequence: SequenceID, reused: Int, vocabularySize: Int,
        speculates: Bool
    ) {
        self.job = job
        self.sequence = sequence
        evaluated = reused
        sampler = Sampler(job.sampling, vocabularySize: vocabularySize)
        for token in job.prompt.suffix(max(0, job.sampling.repeatLastN)) { sampler.accept(token) }
        text = StoppableText(stops: job.stops)
        splitter = job.splitter
        prefill = job.prefill
        constraint = job.constraint
        if speculates { lookup = PromptLookup(job.prompt) }
        summary.promptEvalCount = job.prompt.count
        summary.cachedTokens = reused
        if job.reportsDrafts { summary.reportedCachedTokens = reused }
        started = .now
    }

    var isDecoding: Bool { !next.isEmpty }
    /// Tokens that must be evaluated before the next one can be sampled.
    var pending: Int { isDecoding ? next.count : job.prompt.count - evaluated }

    /// Work for one step over the next `count` pending tokens.
    func work(_ count: Int) -> Work {
        if isDecoding {
            guard count == next.count else {
                return Work(
                    sequence: sequence, tokens: Array(next.prefix(count)), logits: .none)
            }
            return Work(
                sequence: sequence, tokens: next + draft, logits: .suffix(1 + draft.count))
        }
        let chunk = Array(job.prompt[evaluated..<evaluated + count])
        let isLast = evaluated + count == job.prompt.count
        return Work(sequence: sequence, tokens: chunk, logits: isLast ? .last : .none)
    }

    /// Guesses tokens for the next step.
    ///
    /// - Parameters:
    ///   - most: tokens that the step has room for.
    ///   - room: positions of the window that are free.
    /// - Returns: how many.
    mutating func speculate(_ most: Int, room: Int) -> Int {
        draft = []
        guard lookup != nil, most > 0 else { return 0 }
        let limit = min(most, room - next.count, job.tokenLimit - summary.evalCount - 1)
        guard limit > 0 else { return 0 }
        draft = lookup!.guess(min(limit, pace.next()))
        return draft.count
    }

    /// Records that a step evaluated `count` decided tokens; whether a token is to be sampled now.
    mutating func advance(_ count: Int) -> Bool {
        if isDecoding {
            next.removeFirst(count)
            return next.isEmpty
        }
        evaluated += count
        return evaluated == job.prompt.count
    }

    /// Tokens that one step evaluates for one sequence while it decodes.
    private static var longestRun: Int { Session.exactRows }

    /// Samples from the logits behind the decided tokens, and behind every guess that turns out right;
    /// shows what became text, and returns the end if this was it.
    ///
    /// Every token goes through the same hands in the same order as without guesses, so the text is
    /// the same.
    ///
    /// - Parameters:
    ///   - logits: of the last decided token and of the guesses.
    ///   - room: positions of the window that are free when all guesses are wrong.
    /// - Returns: the end, and the guesses whose positions have to be taken back.
    mutating func sample(
        _ logits: (_ row: Int) -> UnsafeMutableBufferPointer<Float>, tokenizer: Tokenizer,
        room: Int
    ) -> (end: GenerationEnd?, rejected: Int) {
        let guesses = draft
        draft = []
        var accepted = 0
        var end: GenerationEnd?
        repeat {
            end = sampleOne(logits(accepted), tokenizer: tokenizer, room: room - accepted)
            guard end == nil else { break }
            while let token = next.first, accepted < guesses.count, guesses[accepted] == token {
                next.removeFirst()
                accepted += 1
            }
        } while next.isEmpty
        pace.record(drafted: guesses.count, accepted: accepted)
        if job.reportsDrafts {
            summary.draftCount += guesses.count
            summary.draftAcceptedCount += accepted
        }
        if case .done(_, let text) = end { end = .done(summary, text: text) }
        return (end, guesses.count - accepted)
    }

    /// Samples from one row.
    ///
    /// Where a grammar leaves no choice, the tokens that must follow are taken at once and join the
    /// next step; log-probabilities need a step each, so those who ask for them get one.
    ///
    /// - Parameter room: positions of the window that are free.
    private mutating func sampleOne(
        _ logits: UnsafeMutableBufferPointer<Float>, tokenizer: Tokenizer, room: Int
    ) -> GenerationEnd? {
        let now = ContinuousClock.now
        if firstToken == nil {
            firstToken = now
            summary.promptEvalDuration = (now - started).nanoseconds
        }
        let original: [Float]? = job.logprobs ? Array(logits) : nil
        let forced = constraint?.takeForced()
        if forced == nil, constraint?.restrict(logits) == false {
            return end(show(text.finish()) ? "stop" : Self.repeats)
        }
        let token = forced ?? sampler.sample(logits)
        if let end = take(token, original, tokenizer, windowIsFull: room <= 0) { return end }
        guard !job.logprobs else { return nil }
        while next.count < min(Self.longestRun, room), let following = constraint?.forcedToken(),
            Int(following) < logits.count
        {
            if let end = take(following, nil, tokenizer, windowIsFull: room <= next.count) {
                return end
            }
        }
        return nil
    }

    /// Makes a token part of the answer: its text is shown, and the next step evaluates it.
    private mutating func take(
        _ token: Token, _ original: [Float]?, _ tokenizer: Tokenizer, windowIsFull: Bool
    ) -> GenerationEnd? {
        sampler.accept(token)
        lookup?.append(token)
        summary.evalCount += 1

        let isEnd = tokenizer.endOfGeneration.contains(token)
        let piece =
            isEnd ? [] : tokenizer.piece(token, special: job.visibleControls.contains(token))
        if !isEnd { constraint?.accept(token, piece) }
        let release = isEnd ? StoppableText.Release.text(text.finish()) : text.append(piece)
        if var original {
            original.withUnsafeMutableBufferPointer {
                hold($0, token, piece: piece, tokenizer: tokenizer)
            }
        }
        switch release {
        case .withheld:
            break
        case .text(let shown):
            if !show(shown) { return end(Self.repeats) }
        case .stopped(let shown):
            return end(show(shown) ? "stop" : Self.repeats)
        }
        if isEnd || splitter.takesOneCall && splitter.hasCalled { return end("stop") }
        if summary.evalCount >= job.tokenLimit || (windowIsFull && job.keptByShift == nil) {
            let rest = text.finish()
            // Probabilities of an unfinished character's tokens go with their bytes.
            if rest.isEmpty { heldProbabilities = [] }
            return end(show(rest) ? "length" : Self.repeats)
        }
        next.append(token)
        return nil
    }

    /// The reason of an end that the guard against repetitions makes.
    private static let repeats = "repetition"

    /// Whether the guard lets the text pass.
    private mutating func show(_ shown: String) -> Bool {
        if job.guardsRepetition, !repetition.admits(shown) { return false }
        answer += shown
        let probabilities = releaseProbabilities(for: shown)
        emit(shown.isEmpty ? [] : splitter.consume(takePrefill() + shown), probabilities)
        return true
    }

    private mutating func takePrefill() -> String {
        defer { prefill = "" }
        return prefill
    }

    private mutating func end(_ reason: String) -> GenerationEnd {
        let prefill = takePrefill()
        emit((prefill.isEmpty ? [] : splitter.consume(prefill)) + splitter.finish(), [])
        summary.doneReason = reason
        summary.evalDuration = firstToken.map { ($0.duration(to: .now)).nanoseconds } ?? 0
        return .done(summary, text: answer)
    }

    /// One event for each run of pieces of a kind; probabilities go with the first.
    private func emit(_ pieces: [OutputPiece], _ probabilities: [TokenLogProbability]) {
        var probabilities = probabilities
        var content = ""
        var thinking = ""
        var calls: [ToolCall] = []
        func flush() {
            guard !(content.isEmpty && thinking.isEmpty && calls.isEmpty && probabilities.isEmpty)
            else { return }
            job.sink(
                .chunk(
                    content: content, thinking: thinking, toolCalls: calls, logprobs: probabilities)
            )
            (content, thinking, calls, probabilities) = ("", "", [], [])
        }
        for piece in pieces {
            switch piece {
            case .content(let text):
                if !thinking.isEmpty || !calls.isEmpty { flush() }
                content += text
            case .thinking(let text):
                if !content.isEmpty || !calls.isEmpty { flush() }
                thinking += text
            case .markup: break
            case .toolCall(let call):
                if !content.isEmpty || !thinking.isEmpty { flush() }
                calls.append(call)
            }
        }
        flush()
    }

    // MARK: Log-probabilities

    /// Keeps the token's probabilities until its text is shown.
    private mutating func hold(
        _ logits: UnsafeMutableBufferPointer<Float>, _ token: Token, piece: [UInt8],
        tokenizer: Tokenizer
    ) {
        let probabilities = LogProbabilities(logits, chosen: token, top: job.topLogprobs)
        let top = probabilities.top.map { candidate in
            // A candidate that ends inside a character is listed without its last bytes.
            let piece = tokenizer.piece(candidate.token)
            let whole = piece.dropLast(StoppableText.unfinishedSuffix(of: piece))
            let text = String(decoding: whole, as: UTF8.self)
            return (token: text, bytes: Array(text.utf8), logprob: candidate.logProbability)
        }
        heldProbabilities.append(
            TokenLogProbability(
                token: "", bytes: piece, logprob: probabilities.token, top: top))
    }

    /// The held items, each with its part of the text that is shown now.
    ///
    /// A character that several tokens make up goes to the last of them, the others are left out, as in
    /// the streams that clients know.
    private mutating func releaseProbabilities(for shown: String) -> [TokenLogProbability] {
        guard !heldProbabilities.isEmpty else { return [] }
        defer { heldProbabilities = [] }
        var rest = Array(shown.utf8)[...]
        var released: [TokenLogProbability] = []
        var carried = 0
        for (index, held) in heldProbabilities.enumerated() {
            let isLast = index == heldProbabilities.count - 1
            var item = held
            carried += held.bytes.count
            if !isLast {
                // Where the bytes so far end inside a character, the item merges with the next.
                guard carried <= rest.count,
                    StoppableText.unfinishedSuffix(of: Array(rest.prefix(carried))) == 0,
                    rest.prefix(carried).suffix(held.bytes.count).elementsEqual(held.bytes)
                else { continue }
            }
            let part = isLast ? rest : rest.prefix(carried)
            item.token = String(decoding: part, as: UTF8.self)
            item.bytes = Array(part)
            rest = rest.dropFirst(part.count)
            carried = 0
            released.append(item)
        }
        return released
    }
}
