import CKernels
import Testing

/// An instruction set that this machine runs.
struct ISA: CustomTestStringConvertible, Sendable {
    let value: ck_isa
    var testDescription: String { String(cString: ck_isa_name(value)) }
    var ops: ck_ops { ck_ops_for(value)!.pointee }

    static let scalar = ISA(value: CK_SCALAR)
    static let available = [CK_SCALAR, CK_AVX2, CK_AVX512, CK_AMX, CK_ZEN4, CK_NEON]
        .filter { ck_isa_available($0) }.map(ISA.init)
    static let vector = available.filter { $0.value != CK_SCALAR }
}

/// A weight format of the list.
struct Format: CustomTestStringConvertible, @unchecked Sendable {
    let pointer: UnsafePointer<ck_format>
    var c: ck_format { pointer.pointee }
    var name: String { String(cString: c.name) }
    var testDescription: String { name }
    var block: Int { Int(c.block) }
    func bytes(_ elements: Int) -> Int { elements / block * Int(c.block_bytes) }

    static let all = (0..<ck_format_count).map { Format(pointer: ck_format_at($0)) }
    static func named(_ name: String) -> Format { all.first { $0.name == name }! }

    func dequantize(_ bytes: [UInt8], _ count: Int) -> [Float] {
        var y = [Float](repeating: .nan, count: count)
        c.dequantize(bytes, count, &y)
        return y
    }

    func quantize(_ x: [Float]) -> [UInt8] {
        var blocks = [UInt8](repeating: 0, count: bytes(x.count))
        c.quantize(x, x.count, &blocks)
        return blocks
    }
}

/// Repeatable pseudo-random numbers.
struct Numbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 2 &+ 1 }

    mutating func bits() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 22)) >> 16
    }
    /// Between -1 and 1.
    mutating func next() -> Float { Float(bits() % 2_000_001) / 1_000_000 - 1 }
    mutating func array(_ n: Int) -> [Float] { (0..<n).map { _ in next() } }
}

/// Memory aligned to 64 bytes.
final class Memory {
    let bytes: UnsafeMutableRawPointer
    let count: Int

    init(_ count: Int, fill: UInt8 = 0) {
        bytes = .allocate(byteCount: max(count, 64), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: fill, count: max(count, 64))
        self.count = count
    }
    convenience init(floats: [Float]) {
        self.init(floats.count * 4)
        floats.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }
    deinit { bytes.deallocate() }

    var floats: UnsafeMutablePointer<Float> { bytes.assumingMemoryBound(to: Float.self) }
    func array(_ n: Int) -> [Float] { (0..<n).map { floats[$0] } }
}

/// Greatest difference between two arrays; infinite where one is not a number.
func distance(_ a: [Float], _ b: [Float]) -> Float {
    precondition(a.count == b.count)
    var most: Float = 0
    for (x, y) in zip(a, b) where !(abs(x - y) <= most) {
        most = abs(x - y).isNaN ? .infinity : abs(x - y)
    }
    return most
}
