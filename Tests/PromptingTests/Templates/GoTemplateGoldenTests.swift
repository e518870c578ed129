import API
import Foundation
import TestSupport
import Testing

@testable import Prompting

/// A case of a golden file joined with what its file says for all.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    let name: String
    let object: JSONObject
    let shared: JSONObject
    var testDescription: String { name }

    /// The cases of every file of a folder of `templates`.
    static func all(in folder: String) -> [GoldenCase] {
        guard Golden.isPresent else { return [] }
        let files = try! FileManager.default.contentsOfDirectory(
            atPath: Golden.url("templates/\(folder)").path)
        return files.sorted().flatMap { file -> [GoldenCase] in
            guard file.hasSuffix(".cases.json"),
                let root = try! JSONValue(parsing: Golden.data("templates/\(folder)/\(file)"))
                    .object,
                let cases = root["cases"]?.array
            else { return [] }
            return cases.enumerated().map { index, value in
                GoldenCase(
                    name: "\(file) \(value["name"]?.string ?? String(index))",
                    object: value.object!, shared: root)
            }
        }
    }
}

@Suite("Go templates over the golden data", .enabled(if: Golden.isPresent))
struct GoTemplateGoldenTests {
    @Test("renders the known templates", arguments: GoldenCase.all(in: "go"))
    func known(_ test: GoldenCase) throws {
        var object = test.object
        object["kind"] = "go"
        object["template"] = test.shared["template"]
        var rendered = try TemplateCase.render(object)
        if test.shared["strip_one_trailing_space"]?.bool == true, rendered.hasSuffix(" ") {
            rendered.removeLast()
        }
        #expect(Array(rendered.utf8) == Array(test.object["expected"]!.string!.utf8))
    }

    static var executeFile: JSONValue {
        get throws { try JSONValue(parsing: Golden.data("templates/go/execute.cases.json")) }
    }

    @Test("executes small templates")
    func execute() throws {
        let cases = try #require(try Self.executeFile["execute"]?.array)
        #expect(!cases.isEmpty)
        for value in cases {
            var object = try #require(value.object)
            object["kind"] = "go"
            let rendered = try TemplateCase.render(object)
            if let expected = value["expected_json"] {
                #expect(try JSONValue(parsing: rendered) == expected)
            } else {
                #expect(rendered == value["expected"]?.string)
            }
        }
    }

    @Test("merges messages")
    func collate() throws {
        for value in try #require(try Self.executeFile["collate"]?.array) {
            let messages = value["messages"]!.array!.map(TemplateCase.message)
            let collated = GoTemplate.collate(messages)
            #expect(collated.messages == value["expected"]!.array!.map(TemplateCase.message))
            #expect(collated.system == value["system"]?.string)
        }
    }

    @Test("lists the variables used")
    func variables() throws {
        for value in try #require(try Self.executeFile["parse_vars"]?.array) {
            let template = try GoTemplate(value["template"]!.string!)
            #expect(template.variables == Set(value["vars"]!.array!.map { $0.string! }))
        }
    }

    @Test("refuses templates in Go's words")
    func parseErrors() throws {
        for value in try #require(try Self.executeFile["parse_errors"]?.array) {
            let error = #expect(throws: TemplateError.self) {
                try GoTemplate(value["template"]!.string!)
            }
            #expect(error?.description.contains(value["error_contains"]!.string!) == true)
        }
    }

    @Test("finds the known template of the smallest distance")
    func nearest() throws {
        let index = try #require(
            try JSONValue(parsing: Golden.data("templates/go/index.json")).array)
        let candidates = index.map {
            (name: $0["name"]!.string!, template: $0["template"]!.string!)
        }
        let named = try #require(
            try JSONValue(parsing: Golden.data("templates/go/named.cases.json")).array)
        for value in named {
            let found = KnownTemplates.nearest(to: value["chat_template"]!.string!, in: candidates)
            #expect(found == value["expected_name"]?.string)
        }
    }
}
