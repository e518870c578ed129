/// The rules of JSON itself.
struct JSONRules {
    /// Nothing, a blank, or a line break with its indentation.
    static let wideSpace: GrammarExpression = .choice([
        .empty, .text(" "),
        .sequence([
            .optional(.text("\r")), .text("\n"),
            .repeating(.bytes(ByteSet([0x20, 0x09])), 0, 20),
        ]),
    ])
    static let narrowSpace: GrammarExpression = .optional(
        .bytes(ByteSet([0x20, 0x09, 0x0A, 0x0D])))

    static let string: GrammarExpression = .sequence([.text("\""), .stringTail(min: 0, max: nil)])
    private static let nonzero = GrammarExpression.bytes(ByteSet(0x31...0x39))
    static let integer: GrammarExpression = .sequence([
        .optional(.text("-")),
        .choice([.text("0"), .sequence([nonzero, .repeating(.digit, 0, 15)])]),
    ])
    static let number: GrammarExpression = .sequence([
        integer, .optional(.sequence([.text("."), .repeating(.digit, 1, 16)])),
        .optional(
            .sequence([
                .bytes(ByteSet(Array("eE".utf8))),
                .optional(.bytes(ByteSet(Array("+-".utf8)))), .repeating(.digit, 1, 2),
            ])),
    ])

    let value: Int
    let object: Int
    let array: Int
    let string: Int
    let space: Int
    let names = ["value", "object", "array", "string", "number", "space"]
    let rules: [GrammarExpression]

    /// - Parameter firstRule: the number that the first of these rules gets in the grammar.
    init(firstRule: Int, space spaceRule: GrammarExpression) {
        value = firstRule
        object = firstRule + 1
        array = firstRule + 2
        string = firstRule + 3
        space = firstRule + 5
        let number = firstRule + 4
        let gap = GrammarExpression.rule(space)
        let member = GrammarExpression.sequence([
            .rule(string), gap, .text(":"), gap, .rule(value),
        ])
        func list(_ element: GrammarExpression) -> GrammarExpression {
            .optional(
                .sequence([
                    element, gap, .any(.sequence([.text(","), gap, element, gap])),
                ]))
        }
        rules = [
            .choice([
                .rule(object), .rule(array), .rule(string), .rule(number), .text("true"),
                .text("false"), .text("null"),
            ]),
            .sequence([.text("{"), gap, list(member), .text("}")]),
            .sequence([.text("["), gap, list(.rule(value)), .text("]")]),
            Self.string, Self.number, spaceRule,
        ]
    }
}
