import Dispatch
import Engine
import ModelStore
import Synchronization
import Tokenization

/// A page that was read from disk and checked.
struct CachedPage: Sendable {
    /// Of the page in its text.
    var number: Int
    var tokens: [Token]
    /// The page's bytes are `file[data]`.
    var file: [UInt8]
    var data: Range<Int>
}

/// A page of a text that is not on disk.
struct MissingPage: Sendable, Equatable {
    /// Of the page in its text.
    var number: Int
    /// Its file within the shelf.
    var name: String
}

/// The pages on disk that one loaded model can use.
final class PageShelf: Sendable {
    private let cache: DiskCache
    private let maker: Digest
    /// Of its pages, within the folder of the cache.
    private let folder: String
    let pageBytes: Int
    private var pageLength: Int { Session.pageLength }
    /// The names of the pages of the text that was read last: each of its replies needs them.
    private let lastRead = Mutex<(text: [Token], names: [String])>(([], []))

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

    private func tokens(of page: Int, _ text: [Token]) -> [Token] {
        Array(text[page * pageLength..<(page + 1) * pageLength])
    }

    /// Names of the first `count` pages of a text, within the folder of the cache.
    private func names(_ text: [Token], count: Int) -> [String] {
        var names: [String] = []
        names.reserveCapacity(count)
        var last = maker
        for page in 0..<count {
            var bytes = Array(last.hex.utf8)
            for token in text[page * pageLength..<(page + 1) * pageLength] {
                withUnsafeBytes(of: token.littleEndian) { bytes.append(contentsOf: $0) }
            }
            last = Digest(of: bytes)
            names.append(String(last.hex.prefix(40)))
        }
        return names
    }

    private func file(_ page: Int, _ text: [Token]) -> PageFile {
        PageFile(
            maker: Digest.bytes(maker), number: page, tokens: tokens(of: page, text))
    }

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
    ///     which have to be asked for.
    func read(
        _ text: [Token], from first: Int, atMost most: Int,
        then reply: @escaping @Sendable (_ pages: [CachedPage], _ goesOn: Bool) -> Void
    ) {
        cache.reading.async { [self] in
            let count = max(0, text.count - 1) / pageLength
            guard first < count, cache.folder.isUsable() else { return reply([], false) }
            let names = lastRead.withLock { last in
                if last.text != text { last = (text, self.names(text, count: count)) }
                return last.names
            }
            let begin = ContinuousClock.now
            var pages: [CachedPage] = []
            var bytes = 0
            var page = first
            while page < count, pages.isEmpty || bytes + pageBytes <= most {
                guard let found = readPage(page, names[page], text) else { break }
                pages.append(found)
                bytes += pageBytes
                page += 1
            }
            cache.noteRead(bytes: bytes, seconds: begin.duration(to: .now) / .seconds(1))
            let goesOn = page < count && cache.folder.exists("\(folder)/\(names[page])")
            reply(pages, goesOn)
        }
    }

    /// A damaged file is removed: it would be in the way of a good one.
    private func readPage(_ page: Int, _ name: String, _ text: [Token]) -> CachedPage? {
        let file = file(page, text)
        let name = "\(folder)/\(name)"
        let size = PageFile.headerSize(tokens: pageLength) + pageBytes
        switch cache.folder.read(name, size: size) {
        case .missing: return nil
        case .bad: break
        case .bytes(let bytes):
            let data = bytes.withUnsafeBytes { file.data(in: $0, dataSize: pageBytes) }
            if let data {
                return CachedPage(number: page, tokens: file.tokens, file: bytes, data: data)
            }
        }
        cache.folder.remove(name)
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
        var pages: [MissingPage] = []
        for (number, name) in names(text, count: text.count / pageLength).enumerated() {
            if isThere, cache.folder.exists("\(folder)/\(name)") {
                cache.folder.touch("\(folder)/\(name)", DiskCache.lastUse(age: number))
            } else {
                pages.append(MissingPage(number: number, name: name))
            }
        }
        return pages
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
            let header = file(page.number, text).header(for: data)
            cache.write([header, data], to: page.name, in: folder, age: page.number)
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
