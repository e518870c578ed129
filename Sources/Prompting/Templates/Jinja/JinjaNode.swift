/// An expression of a Jinja template.
indirect enum JinjaExpression: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case name(String)
    case list([JinjaExpression])
    case tuple([JinjaExpression])
    case dict([(key: JinjaExpression, value: JinjaExpression)])
    case attribute(JinjaExpression, String)
    case item(JinjaExpression, JinjaExpression)
    case slice(JinjaExpression, [JinjaExpression?])
    case call(JinjaExpression, JinjaArguments)
    /// The operand is nil inside a filter block, whose text stands in for it.
    case filter(JinjaExpression?, String, JinjaArguments)
    case test(JinjaExpression, String, JinjaArguments, isNegated: Bool)
    case not(JinjaExpression)
    case negative(JinjaExpression)
    case positive(JinjaExpression)
    /// Operators of one level, from left to right; flat, so that long sums do not nest.
    case arithmetic(JinjaExpression, [(symbol: String, operand: JinjaExpression)])
    case concatenation([JinjaExpression])
    case comparison(JinjaExpression, [(symbol: String, operand: JinjaExpression)])
    case and([JinjaExpression])
    case or([JinjaExpression])
    case conditional(JinjaExpression, then: JinjaExpression, otherwise: JinjaExpression?)
}

struct JinjaArguments: Sendable {
    var positional: [JinjaExpression] = []
    var named: [(name: String, value: JinjaExpression)] = []
    /// `*list` and `**dict`.
    var spread: JinjaExpression?
    var namedSpread: JinjaExpression?
}

/// Where `set` and `for` put values.
indirect enum JinjaTarget: Sendable {
    case name(String)
    case attribute(String, String)
    case item(JinjaExpression, JinjaExpression)
    case tuple([JinjaTarget])
}

struct JinjaMacro: Sendable {
    let name: String
    let parameters: [(name: String, fallback: JinjaExpression?)]
    let body: [JinjaNode]
    /// Whether the body names `kwargs` or `varargs`, which lets it take more arguments.
    let readsKeywords: Bool
    let readsVarargs: Bool
}

/// A statement of a Jinja template.
indirect enum JinjaNode: Sendable {
    case text(String)
    case print(JinjaExpression)
    case choice(arms: [(condition: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
    case loop(JinjaForLoop)
    case set(JinjaTarget, JinjaExpression)
    /// `{% set x | filter %}...{% endset %}`; the expression's innermost operand is nil.
    case setBlock(JinjaTarget, filter: JinjaExpression?, [JinjaNode])
    case macro(JinjaMacro)
    case callBlock(JinjaExpression, JinjaArguments, JinjaMacro)
    case filterBlock(JinjaExpression, [JinjaNode])
    case with([(target: JinjaTarget, value: JinjaExpression)], [JinjaNode])
    /// `generation` and other blocks that only mark their content.
    case group([JinjaNode])
    case evaluate(JinjaExpression)
    case breakLoop
    case continueLoop
}

struct JinjaForLoop: Sendable {
    let target: JinjaTarget
    let sequence: JinjaExpression
    let condition: JinjaExpression?
    let body: [JinjaNode]
    let otherwise: [JinjaNode]
    let isRecursive: Bool
}
