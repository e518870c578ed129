import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A killed server", .serialized)
struct KillTests {
    /// The server dies in the middle of requests that change the store, again and again; whatever
    /// the moment, it starts again with every earlier model answering as before.
    @Test("starts again with every earlier model intact", arguments: ["create", "copy", "delete"])
    func kill(during operation: String) throws {
        let home = try Scratch()
        let file = home.path + "/model.gguf"
        try TinyModel.write(to: URL(filePath: file), seed: 7)
        var server = try ServerProcess(home: home)
        try "FROM \(file)\nSYSTEM Keep me.\n"
            .write(toFile: home.path + "/Modelfile", atomically: true, encoding: .utf8)
        let created = try server.apus("create", "keep", "-f", home.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        let before = try server.send("/api/show", #"{"model":"keep"}"#)
        let answer = #"{"model":"keep","prompt":"a","raw":true,"stream":false,"options":{"temperature":0,"num_predict":8}}"#
        let text = try response(server.send("/api/generate", answer))

        for round in 0..<8 {
            let body =
                switch operation {
                case "create": #"{"model":"new\#(round)","from":"keep","system":"\#(String(repeating: "x", count: 1000 + round))"}"#
                case "copy": #"{"source":"keep","destination":"new\#(round)"}"#
                default: #"{"model":"new\#(round)"}"#
                }
            if operation == "delete" {
                try server.send("/api/copy", #"{"source":"keep","destination":"new\#(round)"}"#)
            }
            let request = Process()
            request.executableURL = URL(filePath: "/usr/bin/curl")
            request.arguments = [
                "-s", "-X", operation == "delete" ? "DELETE" : "POST",
                server.url + "/api/" + operation, "-d", body,
            ]
            request.standardOutput = FileHandle.nullDevice
            try request.run()
            usleep(useconds_t(2_000 + 4_000 * round))
            server.stop(signal: SIGKILL)
            request.waitUntilExit()
            server = try ServerProcess(home: home)
            #expect(try server.send("/api/show", #"{"model":"keep"}"#) == before)
        }
        #expect(try response(server.send("/api/generate", answer)) == text)
    }

    private func response(_ json: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        return try #require(object?["response"] as? String, "\(json)")
    }
}
