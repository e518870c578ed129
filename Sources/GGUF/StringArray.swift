/// Strings of a metadata array, decoded on access with invalid UTF-8 repaired.
///
/// Reading a vocabulary of 150,000 tokens costs one pass over the file and no string.
@safe public struct StringArray: RandomAccessCollection, Sendable {
    private let file: MappedFile?
    private let bytes: [UInt8]
    /// Start of each string and, last, the end: offsets into the file or into `bytes`. A string in
    /// the file is followed by the next one's 8-byte length.
    private let starts: [Int]
    private let gap: Int

    public init(_ strings: [String]) {
        var bytes: [UInt8] = []
        var starts = [0]
        for string in strings {
            bytes += Array(string.utf8)
            starts.append(bytes.count)
        }
        file = nil
        self.bytes = bytes
        self.starts = starts
        gap = 0
    }

    init(file: MappedFile, starts: [Int]) {
        self.file = file
        bytes = []
        self.starts = starts
        gap = 8
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { starts.count - 1 }
    public subscript(_ index: Int) -> String {
        unsafe withBytes(at: index) { unsafe String(decoding: $0, as: UTF8.self) }
    }
    public func bytes(at index: Int) -> [UInt8] { unsafe withBytes(at: index) { unsafe Array($0) } }

    /// The string's bytes in place, valid inside `body` only.
    public func withBytes<R>(at index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let range = starts[index]..<(starts[index + 1] - gap)
        if let file { return unsafe body(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }
        return unsafe bytes.withUnsafeBytes {
            unsafe body(UnsafeRawBufferPointer(rebasing: $0[range]))
        }
    }
}
