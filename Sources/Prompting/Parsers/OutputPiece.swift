public import API

/// A piece of a model's answer after its markers are understood.
public enum OutputPiece: Sendable, Equatable {
    case content(String)
    case thinking(String)
    case toolCall(ToolCall)
}
