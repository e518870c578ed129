import API
import ArgumentParser

/// The flag of commands that print a table, for programs that read it.
struct JSONOutput: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print the answer of the API as one JSON object")
    var isJSON = false

    /// Prints the answer, or the text made of it.
    func print(_ answer: JSONValue, orText text: @autoclosure () -> String) {
        Console.out(isJSON ? answer.serialized + "\n" : text())
    }
}
