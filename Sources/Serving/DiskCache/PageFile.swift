import Engine
import Tokenization

/// The form of a page on disk. All numbers are little-endian.
///
/// | bytes | what |
/// |---|---|
/// | 8 | `APUSPAGE` |
/// | 4, 4 | version of the form; tokens of the page, 1 to 32 |
/// | 8, 8 | number of the page in its text; bytes of data |
/// | 32 | digest of what made the page (weights, adapters, cache type, shape, engine) and of all tokens before it |
/// | 128 | the tokens, zeros behind the last |
/// | 8 | XXH64 of all bytes before and of the data |
/// | … | zeros up to a multiple of 64, then the data, and nothing behind it |
struct PageFile: Sendable {
    static let version: UInt32 = 2
    private static let magic = Array("APUSPAGE".utf8)
    private static let room = Session.pageLength
    private static let tokensOffset = 8 + 4 + 4 + 8 + 8 + 32
    private static let checksumOffset = tokensOffset + 4 * room
    /// Bytes in front of the data.
    static let headerSize = (checksumOffset + 8 + 63) / 64 * 64

    /// 32 bytes.
    var before: [UInt8]
    var number: Int
    var tokens: [Token]

    /// Everything before the checksum.
    private func opening(dataSize: Int) -> [UInt8] {
        var bytes = Self.magic
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(Self.version)
        append(UInt32(tokens.count))
        append(UInt64(number))
        append(UInt64(dataSize))
        bytes += before
        for token in tokens { append(token) }
        return bytes + [UInt8](repeating: 0, count: Self.checksumOffset - bytes.count)
    }

    /// The tokens that a file says it holds; nil when it cannot hold so many.
    ///
    /// Nothing else is checked: ``data(in:dataSize:)`` does that for a page with these tokens.
    static func tokens(in header: UnsafeRawBufferPointer) -> [Token]? {
        guard header.count >= checksumOffset else { return nil }
        let count = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        guard count > 0, count <= room else { return nil }
        return (0..<Int(count)).map { index in
            let place = tokensOffset + 4 * index
            return Token(littleEndian: header.loadUnaligned(fromByteOffset: place, as: Token.self))
        }
    }

    private static func checksum(
        _ opening: UnsafeRawBufferPointer, _ data: UnsafeRawBufferPointer
    ) -> UInt64 {
        Checksum.of(data, seed: Checksum.of(opening))
    }

    /// The bytes in front of the data.
    func header(for data: [UInt8]) -> [UInt8] {
        var bytes = opening(dataSize: data.count)
        let sum = bytes.withUnsafeBytes { opening in
            data.withUnsafeBytes { Self.checksum(opening, $0) }
        }
        withUnsafeBytes(of: sum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + [UInt8](repeating: 0, count: Self.headerSize - bytes.count)
    }

    /// Where the data is in a file that must hold this very page; nil when one bit is another.
    ///
    /// - Parameter dataSize: bytes that the page must have.
    func data(in file: UnsafeRawBufferPointer, dataSize: Int) -> Range<Int>? {
        let start = Self.headerSize
        guard file.count == start + dataSize else { return nil }
        let expected = opening(dataSize: dataSize)
        let opening = UnsafeRawBufferPointer(rebasing: file[..<expected.count])
        guard opening.elementsEqual(expected) else { return nil }
        let data = UnsafeRawBufferPointer(rebasing: file[start...])
        let sum = UInt64(
            littleEndian: file.loadUnaligned(fromByteOffset: expected.count, as: UInt64.self))
        let rest = file[(expected.count + 8)..<start]
        guard sum == Self.checksum(opening, data), rest.allSatisfy({ $0 == 0 }) else { return nil }
        return start..<file.count
    }
}
