/// Walks a file's bytes front to back; nothing is used before it is known to be there.
@safe struct GGUFReader {
    let file: MappedFile
    private(set) var version: UInt32 = 0
    var position = 0

    private var left: Int { unsafe file.bytes.count - position }

    init(_ file: MappedFile, path: String) throws(GGUFError) {
        self.file = file
        guard unsafe file.bytes.count >= 4,
            unsafe file.bytes.loadUnaligned(as: UInt32.self) == 0x4655_4747
        else {
            throw GGUFError(.notGGUF, "\(path): not a gguf file")
        }
        position = 4
        version = try scalar("version")
        guard version == 2 || version == 3 else {
            throw GGUFError(.unsupportedVersion, "unsupported gguf version \(version)")
        }
    }

    func truncated(_ what: String, needs: Int) -> GGUFError {
        GGUFError(.truncated, "\(what) at byte \(position): needs \(needs) bytes, \(left) are left")
    }

    mutating func scalar<T: BitwiseCopyable>(_ what: String) throws(GGUFError) -> T {
        let size = MemoryLayout<T>.size
        guard left >= size else { throw truncated(what, needs: size) }
        defer { position += size }
        return unsafe file.bytes.loadUnaligned(fromByteOffset: position, as: T.self)
    }

    /// A count or length that must fit the bytes left when each item takes at least `atLeast` bytes.
    mutating func count(_ what: String, atLeast: Int) throws(GGUFError) -> Int {
        let value: UInt64 = try scalar(what)
        guard let count = Int(exactly: value), count <= left / atLeast else {
            throw GGUFError(.truncated, "\(what): \(value) does not fit the \(left) bytes left")
        }
        return count
    }

    mutating func string(_ what: String, limit: Int = .max) throws(GGUFError) -> String {
        let length = try count("length of \(what)", atLeast: 1)
        guard length <= limit else {
            throw GGUFError(.malformed, "\(what): length \(length) exceeds \(limit)")
        }
        defer { position += length }
        return unsafe String(decoding: file.bytes[position..<(position + length)], as: UTF8.self)
    }

    mutating func value(_ key: String) throws(GGUFError) -> MetadataValue {
        let type: UInt32 = try scalar("type of \"\(key)\"")
        let what = "value of \"\(key)\""
        switch type {
        case 0: return .uint8(try scalar(what))
        case 1: return .int8(try scalar(what))
        case 2: return .uint16(try scalar(what))
        case 3: return .int16(try scalar(what))
        case 4: return .uint32(try scalar(what))
        case 5: return .int32(try scalar(what))
        case 6: return .float32(try scalar(what))
        case 7: return .bool(try bool(what))
        case 8: return .string(try string(what))
        case 9: return .array(try array(key, depth: 1))
        case 10: return .uint64(try scalar(what))
        case 11: return .int64(try scalar(what))
        case 12: return .float64(try scalar(what))
        default: throw GGUFError(.malformed, "key \"\(key)\": unknown value type \(type)")
        }
    }

    private mutating func bool(_ what: String) throws(GGUFError) -> Bool {
        let byte: UInt8 = try scalar(what)
        guard byte <= 1 else { throw GGUFError(.malformed, "\(what): \(byte) is not a bool") }
        return byte == 1
    }

    private mutating func elements<T: BitwiseCopyable>(_ count: Int) -> [T] {
        let size = count * MemoryLayout<T>.size
        let start = position
        position += size
        return unsafe [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe UnsafeMutableRawBufferPointer(buffer)
                .copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + size)]))
            initialized = count
        }
    }

    static let deepestArray = 4
    /// Bytes that all arrays of a file may take; a vocabulary of a million tokens takes some 30 MB. A
    /// file with holes can claim more than the machine has memory.
    static let arrayBudget = 1 << 30
    private var arrayBytes = 0

    private mutating func array(_ key: String, depth: Int) throws(GGUFError) -> MetadataArray {
        guard depth <= Self.deepestArray else {
            throw GGUFError(
                .malformed, "key \"\(key)\": arrays nested deeper than \(Self.deepestArray)")
        }
        let type: UInt32 = try scalar("element type of \"\(key)\"")
        let sizes: [UInt32: Int] = [
            0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8,
        ]
        guard let size = sizes[type] else {
            throw GGUFError(.malformed, "key \"\(key)\": unknown element type \(type)")
        }
        let count = try count("elements of \"\(key)\"", atLeast: size)
        arrayBytes += count * size
        guard arrayBytes <= Self.arrayBudget else {
            throw GGUFError(
                .malformed, "key \"\(key)\": arrays take more than \(Self.arrayBudget) bytes")
        }
        switch type {
        case 0: return .uint8(elements(count))
        case 1: return .int8(elements(count))
        case 2: return .uint16(elements(count))
        case 3: return .int16(elements(count))
        case 4: return .uint32(elements(count))
        case 5: return .int32(elements(count))
        case 6: return .float32(elements(count))
        case 7:
            let raw: [UInt8] = elements(count)
            guard raw.allSatisfy({ $0 <= 1 }) else {
                throw GGUFError(.malformed, "key \"\(key)\": an element is not a bool")
            }
            return .bool(raw.map { $0 == 1 })
        case 8: return .strings(try strings(key, count))
        case 9:
            var arrays: [MetadataArray] = []
            for _ in 0..<count { arrays.append(try array(key, depth: depth + 1)) }
            return .arrays(arrays)
        case 10: return .uint64(elements(count))
        case 11: return .int64(elements(count))
        default: return .float64(elements(count))
        }
    }

    private mutating func strings(_ key: String, _ count: Int) throws(GGUFError) -> StringArray {
        var starts: [Int] = []
        starts.reserveCapacity(count + 1)
        var at = position
        let end = unsafe file.bytes.count
        for index in 0..<count {
            guard end - at >= 8 else {
                throw GGUFError(.truncated, "element \(index) of \"\(key)\" is cut off")
            }
            let length = unsafe file.bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at += 8
            guard length <= UInt64(end - at) else {
                throw GGUFError(
                    .truncated,
                    "element \(index) of \"\(key)\": length \(length) does not fit the \(end - at) bytes left"
                )
            }
            starts.append(at)
            at += Int(length)
        }
        starts.append(at + 8)
        position = at
        return StringArray(file: file, starts: starts)
    }
}
