import Foundation
import Testing

@testable import Serving

/// The form of pages on disk, and the folder they are in.
@Suite struct PageFileTests {
    let page = PageFile(
        before: (0..<32).map { UInt8($0) }, number: 7, tokens: (0..<32).map { $0 * 3 - 5 })
    let data = (0..<640).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    func range(_ file: [UInt8], _ page: PageFile, dataSize: Int = 640) -> Range<Int>? {
        file.withUnsafeBytes { page.data(in: $0, dataSize: dataSize) }
    }

    @Test func `what was written is read`() {
        let file = page.header(for: data) + data
        let range = range(file, page)
        #expect(range.map { Array(file[$0]) } == data)
        #expect(range!.lowerBound % 64 == 0)
        #expect(range!.lowerBound == PageFile.headerSize)
        #expect(Array(file[..<8]) == Array("APUSPAGE".utf8))
    }

    @Test func `one wrong bit anywhere makes a miss`() {
        let file = page.header(for: data) + data
        for index in file.indices {
            var other = file
            other[index] ^= 1 << (index % 8)
            #expect(range(other, page) == nil, "byte \(index)")
        }
    }

    @Test func `one byte too few or too many makes a miss`() {
        let file = page.header(for: data) + data
        for count in 0..<file.count { #expect(range(Array(file[..<count]), page) == nil) }
        #expect(range(file + [0], page) == nil)
        #expect(range(file, page, dataSize: 639) == nil)
        #expect(range(file, page, dataSize: 641) == nil)
        #expect(range([], page) == nil)
    }

    @Test func `another page than the one that was asked for is a miss`() {
        let file = page.header(for: data) + data
        var other = page
        other.number = 8
        #expect(range(file, other) == nil)
        other = page
        other.tokens[31] += 1
        #expect(range(file, other) == nil)
        other = page
        other.before[0] += 1
        #expect(range(file, other) == nil)
        other = page
        other.tokens.removeLast()
        #expect(range(file, other) == nil)
    }

    @Test func `a page that is not full says which tokens it has`() {
        func tokens(_ file: [UInt8]) -> [Int32]? {
            file.withUnsafeBytes { PageFile.tokens(in: $0) }
        }
        for count in [1, 8, 31, 32] {
            var page = page
            page.tokens.removeSubrange(count...)
            let file = page.header(for: data) + data
            #expect(file.count == PageFile.headerSize + data.count)
            #expect(tokens(file) == page.tokens)
            #expect(tokens(Array(file[..<PageFile.headerSize])) == page.tokens)
            #expect(range(file, page) == PageFile.headerSize..<file.count)
            #expect(range(file, self.page) == (count == 32 ? range(file, page) : nil))
        }
        // More than a page has, none, and no room for them.
        var file = page.header(for: data) + data
        #expect(tokens(Array(file[..<191])) == nil)
        #expect(tokens([]) == nil)
        for count: UInt8 in [0, 33, 255] {
            file[12] = count
            #expect(tokens(file) == nil)
        }
        (file[12], file[15]) = (32, 0x80)
        #expect(tokens(file) == nil)
    }

    @Test func `a file may have a second name, which may be another's`() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(
            path: "apus-names-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let folder = DiskFolder(path: scratch.path)
        #expect(folder.make() && folder.make("shelf"))
        func names() -> [[String]] {
            folder.entries(now: DiskCache.now).map(\.names).sorted { $0[0] < $1[0] }
        }
        #expect(folder.write([[1]], to: "shelf/one"))
        #expect(folder.write([[2]], to: "shelf/two"))
        for _ in 0..<2 {
            folder.link("shelf/one", as: "shelf/a+")
            #expect(names() == [["shelf/one", "shelf/a+"], ["shelf/two"]])
        }
        folder.link("shelf/two", as: "shelf/a+")
        #expect(names() == [["shelf/one"], ["shelf/two", "shelf/a+"]])
        // A file of its own under the name; the other keeps its first one.
        #expect(folder.write([[3, 4]], to: "shelf/a+"))
        #expect(names() == [["shelf/a+"], ["shelf/one"], ["shelf/two"]])
        if case .bytes(let bytes) = folder.read("shelf/a+", size: 2, first: 1) {
            #expect(bytes == [3])
        } else {
            Issue.record("not read")
        }
        folder.link("shelf/none", as: "shelf/a+")
        #expect(names() == [["shelf/a+"], ["shelf/one"], ["shelf/two"]])
    }

    @Test func `folders and files are the user's alone`() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(
            path: "apus-pages-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        func mode(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]) as? Int
        }
        let folder = DiskFolder(path: scratch.path + "/cache")
        #expect(!folder.isUsable())
        #expect(folder.make())
        #expect(folder.make("shelf"))
        #expect(mode(folder.path) == 0o700)
        #expect(mode(folder.path + "/shelf") == 0o700)
        #expect(folder.write([[1, 2], [3]], to: "shelf/page"))
        #expect(mode(folder.path + "/shelf/page") == 0o600)
        // Only the page is there, no temporary file.
        #expect(folder.entries(now: DiskCache.now).map(\.names) == [["shelf/page"]])
        if case .bytes(let bytes) = folder.read("shelf/page", size: 3) {
            #expect(bytes == [1, 2, 3])
        } else {
            Issue.record("not read")
        }
        // Open to others: closed again.
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: folder.path)
        #expect(folder.isUsable())
        #expect(mode(folder.path) == 0o700)
        // Links are not followed.
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.path + "/shelf/link", withDestinationPath: folder.path + "/shelf/page")
        if case .bad = folder.read("shelf/link", size: 3) {} else { Issue.record("followed") }
        try manager.createSymbolicLink(
            atPath: scratch.path + "/alias", withDestinationPath: folder.path)
        #expect(!DiskFolder(path: scratch.path + "/alias").isUsable())
        #expect(!DiskFolder(path: scratch.path + "/alias").make())
        // A file in the place of the folder, and a folder that cannot be made.
        #expect(!DiskFolder(path: folder.path + "/shelf/page").make())
        #expect(!DiskFolder(path: scratch.path + "/no/such/folder").make())
        if case .missing = folder.read("shelf/none", size: 3) {} else { Issue.record("there") }
        if case .bad = folder.read("shelf", size: 3) {} else { Issue.record("no file") }
        if case .bad = folder.read("shelf/page", size: 4) {} else { Issue.record("size") }
    }
}
