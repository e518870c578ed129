/// What one rendering may cost; templates come from strangers' model files.
///
/// Exceeding a limit throws ``TemplateError`` with code `budget`.
struct TemplateBudget {
    /// Deepest nesting of blocks and expressions that a parser accepts.
    static let parseDepth = 100
    /// Deepest nesting of evaluator frames; small, because threads of servers have small stacks.
    static let evaluationDepth = 160
    static let steps = 20_000_000
    /// Bytes of output, and of any single string or list made on the way.
    static let outputBytes = 16 << 20
    static let listElements = 1 << 20
    static let time = Duration.seconds(10)

    private var stepsLeft = TemplateBudget.steps
    private(set) var depth = 0
    private let deadline = ContinuousClock.now + TemplateBudget.time

    mutating func step(_ cost: Int = 1) throws(TemplateError) {
        let before = stepsLeft
        stepsLeft -= cost
        if stepsLeft < 0 {
            throw TemplateError(.budget, "template takes more than \(Self.steps) steps")
        }
        if before >> 12 != stepsLeft >> 12, ContinuousClock.now > deadline {
            throw TemplateError(.budget, "template takes more than \(Self.time)")
        }
    }

    mutating func enter() throws(TemplateError) {
        depth += 1
        if depth > Self.evaluationDepth {
            throw TemplateError(
                .budget, "template nests deeper than \(Self.evaluationDepth) levels")
        }
        try step()
    }

    mutating func leave() { depth -= 1 }

    static func check(bytes: Int) throws(TemplateError) {
        if bytes > outputBytes {
            throw TemplateError(.budget, "template makes more than \(outputBytes) bytes")
        }
    }

    static func check(elements: Int) throws(TemplateError) {
        if elements > listElements {
            throw TemplateError(
                .budget, "template makes a list of more than \(listElements) elements")
        }
    }

    static func check(parseDepth depth: Int) throws(TemplateError) {
        if depth > parseDepth {
            throw TemplateError(.budget, "template nests deeper than \(parseDepth) levels")
        }
    }
}
