import API
import HTTPTypes
import Testing

@testable import Server

@Suite("GET /openapi.json")
struct OpenAPITests {
    @Test("every route is described, and nothing else is")
    func routes() {
        let routed = Set(Routes.all.map { "\($0.method.rawValue) \($0.path)" })
        let described = OpenAPIOperation.all.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(described).count == described.count)
        #expect(routed.subtracting(described).sorted() == [])
        #expect(Set(described).subtracting(routed).sorted() == [])
    }

    @Test("references lead somewhere, and every schema is referred to")
    func references() {
        let document = OpenAPI.document(version: "1.2.3")
        var found: Set<String> = []
        func walk(_ value: JSONValue) {
            switch value {
            case .array(let elements): elements.forEach(walk)
            case .object(let members):
                for (key, value) in members {
                    if key == "$ref", let text = value.string {
                        #expect(text.hasPrefix("#/components/schemas/"))
                        found.insert(String(text.dropFirst("#/components/schemas/".count)))
                    }
                    walk(value)
                }
            default: break
            }
        }
        walk(document)
        let schemas = document["components"]?["schemas"]?.object
        #expect(Set(schemas?.keys.elements ?? []) == found)
        #expect(document["info"]?["version"] == "1.2.3")
    }

    @Test("required members are described")
    func required() {
        func walk(_ value: JSONValue, _ place: String) {
            switch value {
            case .array(let elements): for element in elements { walk(element, place) }
            case .object(let members):
                if let required = members["required"]?.array, let known = members["properties"] {
                    for name in required.compactMap(\.string) {
                        #expect(known[name] != nil, "\(place): \(name)")
                    }
                }
                for (key, value) in members { walk(value, "\(place).\(key)") }
            default: break
            }
        }
        for (name, schema) in OpenAPI.schemas { walk(schema, name) }
    }

    @Test("the document is answered, with parameters of paths in braces")
    func answered() async throws {
        let server = try ServerUnderTest()
        defer { server.remove() }
        let answer = try await server.ask("GET", "/openapi.json")
        #expect(answer.status == 200)
        let paths = try JSONValue(parsing: answer.body)["paths"]
        #expect(
            paths?["/v1/responses/{id}"]?["get"]?["parameters"]?[0]?["name"] == "id")
        #expect(paths?["/api/chat"]?["post"]?["requestBody"]?["required"] == true)
    }
}
