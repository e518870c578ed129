/// A part of a parsed Go template.
indirect enum GoNode: Sendable {
    case text(String)
    case action(GoPipeline)
    /// `if` and `with`, with all their `else if` and `else with` arms.
    case choice(GoChoice)
    case range(GoRange)
    case template(name: String, argument: GoPipeline, position: Int)
    case breakLoop
    case continueLoop
}

struct GoChoice: Sendable {
    struct Arm: Sendable {
        let condition: GoPipeline
        /// `with`: dot becomes the condition's value.
        let movesDot: Bool
        var body: [GoNode]
    }
    var arms: [Arm]
    var otherwise: [GoNode]
}

struct GoRange: Sendable {
    let pipeline: GoPipeline
    var body: [GoNode]
    var otherwise: [GoNode]
}

/// `$a, $b := command | command`.
struct GoPipeline: Sendable {
    var variables: [String] = []
    var isAssignment = false
    var commands: [[GoOperand]] = []
    let position: Int
}

struct GoOperand: Sendable {
    indirect enum Kind: Sendable {
        case dot, null
        case bool(Bool)
        case integer(Int)
        case float(Double)
        case string(String)
        case field([String])
        case variable(String, [String])
        case function(String)
        case pipeline(GoPipeline)
        case chain(GoOperand, [String])
    }
    var kind: Kind
    let position: Int
    /// As written, for error texts.
    var text: String
}
