import API
import ArgumentParser

/// The flag of commands that print a table, for programs that read it.
struct JSONOutput: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print the answer of the API as one JSON object")
    var isJSON = false

    /// The answer on one line, or else the text made of it.
    func text(_ answer: JSONValue, else text: @autoclosure () -> String) -> String {
        isJSON ? answer.serialized + "\n" : text()
    }
}
