/// What pre-tokenizers ask of a code point.
enum ScalarClass: UInt8 {
    case other, letter, number, space, mark, punctuation, symbol
    /// Past the end of the text.
    case none

    init(_ scalar: UInt32) {
        if scalar < 0x10000 {
            self = Self.plane[Int(scalar)]
        } else {
            self = Self.classify(scalar)
        }
    }

    /// Without the finer distinctions.
    var kind: ScalarKind {
        switch self {
        case .letter: .letter
        case .number: .number
        case .space: .space
        case .none: .none
        case .other, .mark, .punctuation, .symbol: .other
        }
    }

    /// The basic plane, classified once.
    private static let plane: [ScalarClass] = (0..<0x10000).map { classify($0) }

    private static func classify(_ value: UInt32) -> ScalarClass {
        guard let scalar = Unicode.Scalar(value) else { return .other }
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation:
            return .punctuation
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: return .symbol
        default: return .other
        }
    }
}

/// Letter, number, white space, or none of them; `none` past the end of the text.
enum ScalarKind: UInt8 {
    case other, letter, number, space, none
}
