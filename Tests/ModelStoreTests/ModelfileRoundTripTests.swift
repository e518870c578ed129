import API
import Foundation
import Testing

@testable import ModelStore

@Suite struct ModelfileRoundTripTests {
    static let texts = [
        "plain", "two words", " blank before", "blank after ", "\ttab", "line\nbreak", "\n", "\n\n",
        "carriage\rreturn", "a\r\nb", "\"quoted\"", "\"open", "open\"", "\"", "\"\"", "\"\"\"",
        "say \"hi\"\nand go", "ends in quote\n\"", "'single'", "# no comment", "FROM here",
        "{{ .Prompt }}", "é 汉字 🙂", "<|im_end|>",
    ]

    /// What a create makes of a text that `show --modelfile` printed.
    private func again(_ name: String, _ store: TemporaryStore) throws -> StoredModel {
        let model = try store.store.model(#require(ModelName(name)))
        let text = Modelfile.text(of: model, store: store.store, system: nil, parameters: nil)
        let prepared = try Modelfile(parsing: Array(text.utf8)).createRequest(relativeTo: "/")
        var request = prepared.request
        request.name = "again"
        _ = try store.run(request)
        return try store.store.model(#require(ModelName("again")))
    }

    @Test(arguments: texts)
    func `every text reads back`(_ text: String) throws {
        let store = try TemporaryStore()
        try store.create("m", files: [("m.gguf", store.upload(smallGGUF()))]) {
            $0.template = "{{ .System }} {{ .Prompt }}"
            $0.system = text
            $0.licenses = [text, "L"]
            $0.parameters = [
                "stop": [.string(text), "x"], "temperature": 0.00005, "num_ctx": 8192,
            ]
            $0.messages = [
                .init(role: "user", content: text), .init(role: "assistant", content: ""),
            ]
            $0.renderer = "r"
            $0.parser = "p"
        }
        let model = try store.store.model(#require(ModelName("m")))
        let made = try again("m", store)
        #expect(Array(made.system.utf8) == Array(text.utf8))
        #expect(made.licenses == model.licenses)
        #expect(made.messages == model.messages)
        #expect(made.template == model.template)
        #expect(made.parameters["stop"] == model.parameters["stop"])
        #expect(made.parameters["num_ctx"]?.double == 8192)
        #expect(abs((made.parameters["temperature"]?.double ?? 0) - 0.00005) < 1e-9)
        #expect(made.config == model.config)
        #expect(
            Set(made.manifest.layers.map(\.digest)).isSuperset(
                of: model.manifest.layers.filter { $0.kind != "params" }.map(\.digest)))
    }

    @Test func `a template with quotes and lines reads back`() throws {
        let store = try TemporaryStore()
        let template =
            "{{ range .Messages }}{{ if eq .Role \"user\" }}\n{{ .Content }}\n{{ end }}{{ end }}"
        try store.create("m", files: [("m.gguf", store.upload(smallGGUF()))]) {
            $0.template = template
        }
        #expect(try again("m", store).template == template)
    }

    @Test func `a model without a template stays so`() throws {
        let store = try TemporaryStore()
        try store.create("m", files: [("m.gguf", store.upload(smallGGUF()))])
        #expect(try again("m", store).template == nil)
        // Who writes it means it.
        let written = try Modelfile(parsing: Array("FROM x\nTEMPLATE {{ .Prompt }}".utf8))
        #expect(try written.createRequest(relativeTo: "/").request.template == "{{ .Prompt }}")
    }
}
