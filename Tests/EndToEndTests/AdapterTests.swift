import API
import Foundation
import GGUF
import TestSupport
import Testing

/// A LoRA as training libraries save it, from `create` to answers over HTTP.
@Suite("Adapters over HTTP") struct AdapterTests {
    private static let rank = 2
    /// Matrices of the tiny model by their names in a checkpoint and in its file.
    private static let modules = [
        ("mlp.up_proj", "ffn_up"), ("self_attn.q_proj", "attn_q"), ("self_attn.v_proj", "attn_v"),
    ]

    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    /// Writes the model, an adapter for it, and the model with the products of the adapter in its
    /// matrices.
    private static func write(to folder: String) throws {
        let source = folder + "/source"
        try TinyModel.write(to: URL(filePath: source))
        let base = try GGUFFile(path: source)
        func copy(_ name: String, _ changed: [String: [Float]]) throws {
            var writer = GGUFWriter()
            writer.metadata = base.metadata
            // What may be quantised says what it is.
            writer.metadata["general.file_type"] = .uint32(0)
            for tensor in base.tensors {
                let own = changed[tensor.name].map(bytes) ?? Array(base.bytes(of: tensor))
                writer.add(tensor.name, dimensions: tensor.dimensions, type: .f32) { own }
            }
            try writer.write(to: "\(folder)/\(name)")
        }
        var header: [String] = []
        var data: [UInt8] = []
        func add(_ name: String, _ rows: Int, _ columns: Int, _ values: [Float]) {
            let end = data.count + values.count * 4
            header.append(
                "\"base_model.model.model.\(name).weight\":{\"dtype\":\"F32\","
                    + "\"shape\":[\(rows),\(columns)],\"data_offsets\":[\(data.count),\(end)]}")
            data += bytes(values)
        }
        var changed: [String: [Float]] = [:]
        for (module, short) in modules {
            let name = "blk.1.\(short).weight"
            let tensor = try #require(base.tensor(name))
            let (columns, rows) = (tensor.dimensions[0], tensor.dimensions[1])
            let down = (0..<rank * columns).map { Float($0 % 7) * 0.1 - 0.3 }
            let up = (0..<rows * rank).map { Float($0 % 5) * 0.2 - 0.4 }
            add("layers.1.\(module).lora_A", rank, columns, down)
            add("layers.1.\(module).lora_B", rows, rank, up)
            var values = Array(base.bytes(of: tensor).bindMemory(to: Float.self))
            for row in 0..<rows {
                // The file pairs neighbours of a head of 8 rows, a checkpoint its halves.
                let place =
                    short == "attn_q" ? row / 8 * 8 + row % 2 * 4 + row % 8 / 2 : row
                for column in 0..<columns {
                    for k in 0..<rank {
                        values[row * columns + column] +=
                            3 * up[place * rank + k] * down[k * columns + column]
                    }
                }
            }
            changed[name] = values
        }
        let text = Array("{\(header.joined(separator: ","))}".utf8)
        let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
        try FileManager.default.createDirectory(
            atPath: folder + "/lora", withIntermediateDirectories: true)
        try Data(length + text + data).write(
            to: URL(filePath: folder + "/lora/adapter_model.safetensors"))
        try #"{"peft_type":"LORA","r":2,"lora_alpha":6,"bias":"none"}"#.write(
            toFile: folder + "/lora/adapter_config.json", atomically: true, encoding: .utf8)
        try copy("base.gguf", [:])
        try copy("merged.gguf", changed)
    }

    /// The log-probabilities of the first tokens that a model thinks of after some prompts. Bytes that
    /// are no text by themselves are left out.
    private static func first(_ model: String, _ server: ServerProcess) throws -> [String: Double] {
        var found: [String: Double] = [:]
        for prompt in ["who?", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] {
            let body =
                #"{"model":"\#(model)","prompt":"\#(prompt)","raw":true,"stream":false,"#
                + #""logprobs":true,"top_logprobs":20,"#
                + #""options":{"temperature":0,"num_predict":1}}"#
            let text = try server.send("/api/generate", body)
            let answer = try JSONValue(parsing: Array(text.utf8))
            #expect(answer["done"]?.bool == true, "\(text)")
            for item in answer["logprobs"]?[0]?["top_logprobs"]?.array ?? [] {
                let token = try #require(item["token"]?.string)
                if token != "\u{FFFD}" { found["\(prompt) \(token)"] = item["logprob"]?.double }
            }
        }
        return found
    }

    /// Greatest distance among what both lists have.
    private static func distance(_ a: [String: Double], _ b: [String: Double]) -> Double {
        let both = a.keys.filter { b[$0] != nil }
        return both.count < 10 ? .infinity : both.map { abs(a[$0]! - b[$0]!) }.max()!
    }

    @Test("answers are those of merged weights, also where the weights are packed")
    func create() throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        try Self.write(to: folder.path)
        func create(_ name: String, _ lines: String, _ flags: [String] = []) throws {
            let file = folder.path + "/Modelfile"
            try lines.write(toFile: file, atomically: true, encoding: .utf8)
            let made = try Program.run(
                ["create", name, "-f", file] + flags, environment: server.environment)
            try #require(made.status == 0, "\(made.errors)")
        }
        try create("plain", "FROM ./base.gguf\n")
        try create("packed", "FROM ./base.gguf\n", ["-q", "q8_0"])
        try create("merged", "FROM ./merged.gguf\n")
        try create("plain-lora", "FROM plain\nADAPTER ./lora\n")
        try create("packed-lora", "FROM packed\nADAPTER ./lora\n")
        try create("both-lora", "FROM ./base.gguf\nADAPTER ./lora\n", ["-q", "q8_0"])

        let merged = try Self.first("merged", server)
        let plain = try Self.first("plain", server)
        #expect(Self.distance(plain, merged) > 0.5)
        #expect(try Self.distance(Self.first("plain-lora", server), merged) < 0.01)
        #expect(try Self.distance(Self.first("packed-lora", server), merged) < 0.1)
        #expect(try Self.distance(Self.first("both-lora", server), merged) < 0.1)
        // Models of the same weights do not answer for each other.
        #expect(try Self.distance(Self.first("packed", server), plain) < 0.1)

        let modelfile = try server.apus("show", "packed-lora", "--modelfile").text
        #expect(modelfile.contains("\nADAPTER /"))
        let shown = try JSONValue(
            parsing: Array(server.send("/api/show", #"{"model":"packed-lora"}"#).utf8))
        #expect(shown["details"]?["quantization_level"]?.string == "Q8_0")
    }

    @Test("what does not fit is refused with both shapes, and nothing stays behind")
    func refused() throws {
        let server = try ServerProcess()
        let folder = try Scratch()
        try Self.write(to: folder.path)
        let path = folder.path + "/lora/adapter_model.safetensors"
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        let wanted = Array("\"shape\":[2,32]".utf8)
        let start = try #require(
            bytes.indices.first { bytes[$0...].starts(with: wanted) })
        bytes.replaceSubrange(start..<(start + wanted.count), with: Array("\"shape\":[4,16]".utf8))
        try Data(bytes).write(to: URL(filePath: path))
        let file = folder.path + "/Modelfile"
        try "FROM ./base.gguf\nADAPTER ./lora\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let made = try server.apus("create", "m", "-f", file)
        #expect(made.status == 1)
        #expect(made.errors.contains("[4, 16] does not fit \"blk.1.ffn_up.weight\" of [64, 32]"))
        #expect(try !server.apus("list").text.contains("m:latest"))
    }
}
