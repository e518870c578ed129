import CKernels

/// How products take few rows. Many are taken with weights unpacked for all of them, one with weights as
/// they are packed, and results differ in the order of sums.
enum FewRows {
    /// Up to eight rows as one: a row's result does not depend on how many there are.
    case equal
    /// As it is fastest.
    case fast
    /// As many, where the instruction set can.
    case asMany

    var kind: ck_few {
        switch self {
        case .equal: CK_FEW_EQUAL
        case .fast: CK_FEW_FAST
        case .asMany: CK_FEW_AS_MANY
        }
    }
}
