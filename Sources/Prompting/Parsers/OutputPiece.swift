public import API

/// A piece of a model's answer after its markers are understood.
///
/// Content, thinking and markup of an answer, one after the other, are the answer's text: a parser
/// changes and drops nothing.
public enum OutputPiece: Sendable, Equatable {
    case content(String)
    case thinking(String)
    /// Text of tags and calls, and white space beside them, which is not shown.
    case markup(String)
    case toolCall(ToolCall)
}

/// Takes an answer apart while it streams. One per answer.
///
/// Pieces of any size give the same result as the whole text at once, and no text is an error.
public protocol OutputParser: Sendable {
    mutating func consume(_ text: String) -> [OutputPiece]
    /// What was held back, when the answer ends.
    mutating func finish() -> [OutputPiece]
}
