import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A family of vector instructions that the kernels were compiled for.
public struct InstructionSet: Sendable, Hashable, CustomStringConvertible {
    let rawValue: UInt32

    private init(_ isa: ck_isa) {
        rawValue = UInt32(isa.rawValue)
    }

    var isa: ck_isa { ck_isa(rawValue: rawValue) }

    /// The fastest one that this CPU runs, unless the environment variable `APUS_ISA` names
    /// another available one.
    public static let best: InstructionSet = {
        if let name = unsafe getenv("APUS_ISA"),
            let chosen = InstructionSet(named: unsafe String(cString: name))
        {
            return chosen
        }
        return InstructionSet(ck_isa_best())
    }()

    /// All that this CPU runs, portable code first.
    public static let available: [InstructionSet] =
        (0..<CK_ISA_COUNT.rawValue).map { ck_isa(rawValue: $0) }
        .filter { unsafe ck_isa_available($0) && ck_ops_for($0) != nil }
        .map { InstructionSet($0) }

    /// nil when there is none of that name or when this CPU does not run it.
    ///
    /// - Parameter name: `scalar`, `avx2`, `avx512`, `zen4`, `amx` or `neon`.
    public init?(named name: String) {
        guard let found = InstructionSet.available.first(where: { $0.description == name }) else {
            return nil
        }
        self = found
    }

    /// The set whose products and attention round a token the same way however many are computed with it:
    /// tiles of attention are for many tokens only. A text's embedding must not depend on what is packed
    /// beside it.
    var exactInBatches: InstructionSet { isa == CK_AMX ? InstructionSet(CK_AVX512) : self }

    public var description: String { unsafe String(cString: ck_isa_name(isa)) }
}
