import API
import Foundation
import TestSupport
import Testing

@testable import Prompting

@Suite("Jinja templates over the golden data", .enabled(if: Golden.isPresent))
struct JinjaTemplateGoldenTests {
    private func check(_ object: JSONObject, _ test: JSONValue) {
        let texts = ["expected", "expected_tools_omitted", "expected_mutable_lists"].compactMap {
            test[$0]?.string
        }
        let result = Result { () throws(TemplateError) in try TemplateCase.render(object) }
        switch result {
        case .success(let rendered):
            // The sandbox of the reference refuses changes of lists; an engine may allow them.
            if texts.isEmpty, test["error"]?.string?.hasPrefix("SecurityError") == true { return }
            #expect(
                texts.contains { $0.utf8.elementsEqual(rendered.utf8) },
                "got \(rendered.debugDescription)")
        case .failure(let error):
            let expected = test["error"]?.string
            #expect(expected != nil, "\(error)")
            if let expected, expected.hasPrefix("TemplateError: ") {
                #expect(error.code == .raised)
                #expect("TemplateError: " + error.description == expected)
            }
        }
    }

    @Test("renders chat templates", arguments: GoldenCase.all(in: "jinja"))
    func templates(_ test: GoldenCase) {
        let named = test.object["kwargs"]?.object ?? test.object
        var object = JSONObject()
        object["tools"] = JSONValue.null
        object["documents"] = JSONValue.null
        let notes: Set = [
            "name", "expected", "error", "expected_tools_omitted", "expected_mutable_lists",
        ]
        for (name, value) in named where !notes.contains(name) { object[name] = value }
        object["kind"] = "jinja"
        for name in ["template", "special_tokens", "now"] { object[name] = test.shared[name] }
        check(object, .object(test.object))
    }

    static var featureCases: [JSONValue] {
        guard Golden.isPresent else { return [] }
        let root = try! JSONValue(parsing: Golden.data("templates/jinja-features.cases.json"))
        return root["cases"]!.array!
    }

    @Test("knows the features of the language", arguments: featureCases.indices)
    func features(_ index: Int) throws {
        let root = try JSONValue(parsing: Golden.data("templates/jinja-features.cases.json"))
        let test = Self.featureCases[index]
        var object = root["context"]!.object!
        object["kind"] = "jinja"
        object["template"] = test["template"]
        object["now"] = root["now"]
        check(object, test)
    }
}
