import Dispatch
import Engine
import ModelStore
import Synchronization
import Tokenization

/// A page that was read from disk and checked.
struct CachedPage: Sendable {
    /// Of the page in its text.
    var number: Int
    /// Those that the text shares with it, from the page's first on.
    var tokens: [Token]
    /// The page's bytes are `file[data]`.
    var file: [UInt8]
    var data: Range<Int>
}

/// A page of a text that is not on disk.
struct MissingPage: Sendable, Equatable {
    /// Of the page in its text.
    var number: Int
    /// Of all that is before the page.
    var before: Digest
    /// Its file within the shelf.
    var name: String
}

/// The pages on disk that one loaded model can use.
///
/// A whole page has the file `<digest>`, of what made it and of all tokens up to its end. What was last
/// written behind a page has the file `<digest of that page>+`: a second name of a whole page, or the
/// end of a text that stops within the page. Texts that part within a page, or end in it, find their
/// beginning by this name, and there is never more than one for a page.
///
/// The end of a text is written only where it adds ``leastGain`` tokens to what the file has, so that
/// many questions about one text do not make the disk write the same page again and again.
final class PageShelf: Sendable {
    private let cache: DiskCache
    private let maker: Digest
    /// Of its pages, within the folder of the cache.
    private let folder: String
    let pageBytes: Int
    private var pageLength: Int { Session.pageLength }
    /// The digests of the text that was read last: each of its replies needs them.
    private let lastRead = Mutex<(text: [Token], chain: [Digest])>(([], []))

    init(_ cache: DiskCache, maker: Digest, folder: String, pageBytes: Int) {
        self.cache = cache
        self.maker = maker
        self.folder = folder
        self.pageBytes = pageBytes
    }

    /// Bytes that a reply of ``read(_:from:atMost:rate:then:)`` holds at most, a page at least: many for those
    /// who take a reply between two steps, few for those who do nothing else, so that the next ones are
    /// read while these are put in place.
    static let mostReplyBytes = 16 << 20
    static let someReplyBytes = 4 << 20

    /// Fewer tokens of a page are neither worth a file nor worth being read.
    static let leastTail = 8
    /// Tokens that the end of a text must add to those that its file shares with it, to be written there.
    static let leastGain = 16

    /// Digests of what is before the pages 0 to `count` of a text.
    private func chain(_ text: [Token], count: Int) -> [Digest] {
        var chain = [maker]
        chain.reserveCapacity(count + 1)
        for page in 0..<count {
            var bytes = Array(chain[page].hex.utf8)
            for token in text[page * pageLength..<(page + 1) * pageLength] {
                withUnsafeBytes(of: token.littleEndian) { bytes.append(contentsOf: $0) }
            }
            chain.append(Digest(of: bytes))
        }
        return chain
    }

    /// The file of the whole page that ends a chain.
    private func name(_ last: Digest) -> String { String(last.hex.prefix(40)) }

    /// The file of what was last written behind the page that ends a chain.
    private func nextName(_ last: Digest) -> String { name(last) + DiskFolder.aliasSuffix }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    // MARK: Reading

    /// Whether to look for pages of a text of which memory has the first `known` tokens.
    ///
    /// - Parameter rate: tokens a second that are computed; nil when that is not known yet.
    func mayHelp(_ text: [Token], known: Int, rate: Double?) -> Bool {
        guard text.count - known >= DiskCache.leastTokens, !cache.isBroken else { return false }
        return leastTokens(rate) < Double(pageLength)
    }

    /// Tokens whose computing takes twice as long as reading a page; 0 where that is not known.
    private func leastTokens(_ rate: Double?) -> Double {
        2 * Double(pageBytes) / cache.readRate * (rate ?? 0)
    }

    /// Reads pages of a text from page `first` on, as far as they are there and a token stays to be
    /// computed.
    ///
    /// - Parameters:
    ///   - most: bytes of a reply, which has a page at least.
    ///   - rate: tokens a second that are computed; nil when that is not known yet.
    ///   - reply: gets pages in their order, on the thread that reads; whether others may follow them,
    ///     which have to be asked for. Only the last page may have fewer tokens than others:
    ///     then nothing more of the text is there.
    func read(
        _ text: [Token], from first: Int, atMost most: Int, rate: Double?,
        then reply: @escaping @Sendable (_ pages: [CachedPage], _ goesOn: Bool) -> Void
    ) {
        cache.reading.async { [self] in
            let count = max(0, text.count - 1) / pageLength
            guard !text.isEmpty, first <= count, cache.folder.isUsable() else {
                return reply([], false)
            }
            let chain = lastRead.withLock { last in
                if last.text != text {
                    last = (text, self.chain(text, count: text.count / pageLength))
                }
                return last.chain
            }
            let begin = ContinuousClock.now
            var pages: [CachedPage] = []
            var isFull: Bool { !pages.isEmpty && (pages.count + 1) * pageBytes > most }
            var page = first
            while page < count, !isFull {
                guard let found = readPage(page, chain, text) else { break }
                pages.append(found)
                page += 1
            }
            let tail = tailNames(page, chain, text)
            var goesOn = false
            if isFull {
                let next = page < count ? [name(chain[page + 1])] + tail : tail
                goesOn = next.contains { cache.folder.exists(path($0)) }
            } else if let found = readTail(page, chain, text, rate) {
                pages.append(found)
            }
            cache.noteRead(
                bytes: pages.count * pageBytes, seconds: begin.duration(to: .now) / .seconds(1))
            reply(pages, goesOn)
        }
    }

    private func readPage(_ page: Int, _ chain: [Digest], _ text: [Token]) -> CachedPage? {
        let tokens = text[page * pageLength..<(page + 1) * pageLength]
        let name = name(chain[page + 1])
        guard let found = readFile(name, number: page, before: chain[page]) else { return nil }
        if found.tokens.elementsEqual(tokens) { return found }
        cache.folder.remove(path(name))
        return nil
    }

    /// Tokens of a page that a text may take where it does not go through the whole page, or would be
    /// computed to its end.
    private func rest(_ page: Int, _ text: [Token]) -> ArraySlice<Token> {
        text[page * pageLength..<min(text.count - 1, (page + 1) * pageLength)]
    }

    /// Files whose page may begin like the rest of a text of which no whole page is left to be read.
    private func tailNames(_ page: Int, _ chain: [Digest], _ text: [Token]) -> [String] {
        guard page > 0, rest(page, text).count >= Self.leastTail else { return [] }
        // All of it but the token that has to be computed.
        let isWhole = text.count == (page + 1) * pageLength
        return (isWhole ? [name(chain[page + 1])] : []) + [nextName(chain[page])]
    }

    /// A page of which the text shares so much that reading takes less than half the time of computing.
    private func readTail(
        _ page: Int, _ chain: [Digest], _ text: [Token], _ rate: Double?
    ) -> CachedPage? {
        let rest = rest(page, text)
        let least = max(Double(Self.leastTail), leastTokens(rate))
        for name in tailNames(page, chain, text) {
            let common = common(name, rest)
            guard Double(common) >= least,
                var found = readFile(name, number: page, before: chain[page])
            else { continue }
            found.tokens.removeSubrange(min(common, found.tokens.count)...)
            if found.tokens.elementsEqual(rest.prefix(common)) { return found }
        }
        return nil
    }

    /// How many first tokens a file's page shares with `tokens`, as its opening says; 0 without a file.
    private func common(_ name: String, _ tokens: ArraySlice<Token>) -> Int {
        let size = PageFile.headerSize
        switch cache.folder.read(path(name), size: size + pageBytes, first: size) {
        case .missing: return 0
        case .bad: break
        case .bytes(let header):
            if let own = header.withUnsafeBytes({ PageFile.tokens(in: $0) }) {
                return zip(own, tokens).prefix { $0 == $1 }.count
            }
        }
        cache.folder.remove(path(name))
        return 0
    }

    /// A damaged file is removed: it would be in the way of a good one.
    private func readFile(_ name: String, number: Int, before: Digest) -> CachedPage? {
        switch cache.folder.read(path(name), size: PageFile.headerSize + pageBytes) {
        case .missing: return nil
        case .bad: break
        case .bytes(let bytes):
            if let tokens = bytes.withUnsafeBytes({ PageFile.tokens(in: $0) }) {
                let file = PageFile(before: Digest.bytes(before), number: number, tokens: tokens)
                let data = bytes.withUnsafeBytes { file.data(in: $0, dataSize: pageBytes) }
                if let data {
                    return CachedPage(number: number, tokens: tokens, file: bytes, data: data)
                }
            }
        }
        cache.folder.remove(path(name))
        return nil
    }

    // MARK: Writing

    /// Marks the pages of a text as used now and finds those that are not on disk.
    ///
    /// - Parameter reply: gets them on the thread that writes.
    func use(
        _ text: [Token], then reply: @escaping @Sendable (_ missing: [MissingPage]) -> Void
    ) {
        cache.writing.async { [self] in reply(missing(text)) }
    }

    /// ``use(_:then:)`` for those who can wait.
    func useNow(_ text: [Token]) -> [MissingPage] { cache.writing.sync { missing(text) } }

    private func missing(_ text: [Token]) -> [MissingPage] {
        guard !cache.isBroken, text.count >= DiskCache.leastTokens else { return [] }
        let isThere = cache.folder.isUsable()
        let count = text.count / pageLength
        let chain = chain(text, count: count)
        var pages: [MissingPage] = []
        for number in 0..<count {
            let name = name(chain[number + 1])
            guard isThere, cache.folder.exists(path(name)) else {
                pages.append(MissingPage(number: number, before: chain[number], name: name))
                continue
            }
            cache.folder.touch(path(name), DiskCache.lastUse(age: number))
            let next = nextName(chain[number])
            if number > 0, !cache.folder.exists(path(next)) {
                cache.folder.link(path(name), as: path(next))
            }
        }
        let name = nextName(chain[count])
        if isWorthwhile(name, text[(count * pageLength)...]) {
            pages.append(MissingPage(number: count, before: chain[count], name: name))
        } else if isThere {
            cache.folder.touch(path(name), DiskCache.lastUse(age: count))
        }
        return pages
    }

    /// Whether the end of a text should be written to a file that may have another one.
    private func isWorthwhile(_ name: String, _ tail: ArraySlice<Token>) -> Bool {
        guard tail.count >= Self.leastTail else { return false }
        // Nothing is read or removed in a folder that is not ours.
        guard cache.folder.isUsable() else { return true }
        // First: a damaged file goes.
        let gain = tail.count - common(name, tail)
        return gain >= Self.leastGain || !cache.folder.exists(path(name))
    }

    /// Whether there is memory for one more page on its way; ``write(_:as:of:then:)`` gives it back.
    func reserve() -> Bool { cache.reserve(pageBytes) }
    func giveBack() { cache.giveBack(pageBytes) }

    /// Takes a page for which room was reserved.
    ///
    /// - Parameter done: called on the thread that writes.
    func write(
        _ data: [UInt8], as page: MissingPage, of text: [Token],
        then done: @escaping @Sendable () -> Void
    ) {
        cache.writing.async { [self] in
            defer {
                giveBack()
                done()
            }
            let first = page.number * pageLength
            let tokens = text[first..<min(text.count, first + pageLength)]
            let next = nextName(page.before)
            // Another text's end may have come meanwhile.
            if page.name == next, !isWorthwhile(next, tokens) { return }
            let file = PageFile(
                before: Digest.bytes(page.before), number: page.number, tokens: Array(tokens))
            cache.write(
                [file.header(for: data), data], to: page.name, in: folder, age: page.number,
                alias: page.number > 0 && page.name != next ? next : nil)
        }
    }

    /// Returns when everything that was handed over has been written.
    func flush() { cache.writing.sync {} }
}

extension Digest {
    /// The 32 bytes of a digest.
    fileprivate static func bytes(_ digest: Digest) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digest.hex.utf8 {
            let value = digit < 0x40 ? digit - 0x30 : digit - 0x61 + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
