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
/// A whole page has the file `<digest>`, of what made it and of all tokens up to its end. What last
/// followed a page has the file `<digest of that page>+`: a second name of the whole page that was
/// written there, or the end of a text that stops within the page. Texts that part within a page, or
/// end in it, find their beginning by this name, and there is never more than one for a page.
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

    /// Bytes that a reply of ``read(_:from:atMost:then:)`` holds at most, a page at least: many for those
    /// who take a reply between two steps, few for those who do nothing else, so that the next ones are
    /// read while these are put in place.
    static let mostReplyBytes = 16 << 20
    static let someReplyBytes = 4 << 20

    /// Fewer tokens of a page are not worth a file.
    static let leastTail = 8

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

    /// The file of what last followed the page that ends a chain.
    private func nextName(_ last: Digest) -> String { name(last) + DiskFolder.aliasSuffix }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    // MARK: Reading

    /// Whether to look for pages of a text of which memory has the first `known` tokens.
    ///
    /// - Parameter rate: tokens a second that are computed; nil when that is not known yet.
    func mayHelp(_ text: [Token], known: Int, rate: Double?) -> Bool {
        guard text.count - known >= DiskCache.leastTokens, !cache.isBroken else { return false }
        guard let rate else { return true }
        let reading = Double(pageBytes) / cache.readRate
        return reading < 0.5 * Double(pageLength) / rate
    }

    /// Reads pages of a text from page `first` on, as far as they are there and a token stays to be
    /// computed.
    ///
    /// - Parameters:
    ///   - most: bytes of a reply, which has a page at least.
    ///   - reply: gets pages in their order, on the thread that reads; whether others may follow them,
    ///     which have to be asked for. Only the text's last one may have less tokens than a page.
    func read(
        _ text: [Token], from first: Int, atMost most: Int,
        then reply: @escaping @Sendable (_ pages: [CachedPage], _ goesOn: Bool) -> Void
    ) {
        cache.reading.async { [self] in
            let count = max(0, text.count - 1) / pageLength
            guard first <= count, cache.folder.isUsable() else { return reply([], false) }
            let chain = lastRead.withLock { last in
                if last.text != text { last = (text, self.chain(text, count: count)) }
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
            let goesOn =
                isFull
                && ((page < count && cache.folder.exists(path(name(chain[page + 1]))))
                    || (page > 0 && cache.folder.exists(path(nextName(chain[page])))))
            if !isFull, let tail = readTail(page, chain[page], text) { pages.append(tail) }
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

    /// The page that begins like the rest of a text of which no whole page is there.
    private func readTail(_ page: Int, _ before: Digest, _ text: [Token]) -> CachedPage? {
        let rest = text[page * pageLength..<min(text.count - 1, (page + 1) * pageLength)]
        guard page > 0, rest.count >= Self.leastTail,
            var found = readFile(nextName(before), number: page, before: before)
        else { return nil }
        let common = zip(found.tokens, rest).prefix { $0 == $1 }.count
        found.tokens.removeSubrange(common...)
        return common >= Self.leastTail ? found : nil
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
        func use(_ number: Int, _ name: String, isKept: Bool) {
            if isKept {
                cache.folder.touch(path(name), DiskCache.lastUse(age: number))
            } else {
                pages.append(MissingPage(number: number, before: chain[number], name: name))
            }
        }
        for number in 0..<count {
            let name = name(chain[number + 1])
            use(number, name, isKept: isThere && cache.folder.exists(path(name)))
        }
        let tail = text[(count * pageLength)...]
        if tail.count >= Self.leastTail {
            let name = nextName(chain[count])
            use(count, name, isKept: isThere && begins(name, with: tail))
        }
        return pages
    }

    /// Whether a file's page begins with these tokens.
    private func begins(_ name: String, with tokens: ArraySlice<Token>) -> Bool {
        let size = PageFile.headerSize
        guard
            case .bytes(let header) = cache.folder.read(
                path(name), size: size + pageBytes, first: size)
        else { return false }
        return header.withUnsafeBytes { PageFile.tokens(in: $0) }?.starts(with: tokens) == true
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
            let first = page.number * pageLength
            let tokens = text[first..<min(text.count, first + pageLength)]
            let file = PageFile(
                before: Digest.bytes(page.before), number: page.number, tokens: Array(tokens))
            let next = page.number > 0 ? nextName(page.before) : page.name
            cache.write(
                [file.header(for: data), data], to: page.name, in: folder, age: page.number,
                alias: next == page.name ? nil : next)
            giveBack()
            done()
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
