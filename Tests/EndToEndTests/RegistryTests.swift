import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Registries, as the commands meet them", .serialized)
struct RegistryTests {
    static let openssl = "/usr/bin/openssl"

    // MARK: - A registry of our own

    @Test("a pull goes on after the server was killed, and little is fetched twice")
    func killDuringPull() async throws {
        let stub = try await StubRegistry()
        let weights = noise(64 << 20)
        stub.addModel("ns/m:t", layers: [("model", weights)])
        // The second half never comes, however late the kill is.
        stub.change {
            $0.pause = 4
            $0.stall = 32 << 20
        }
        let home = try Scratch()
        var server = try ServerProcess(home: home)
        let name = "\(stub.host)/ns/m:t"
        let first = Process()
        first.executableURL = URL(filePath: Program.path)
        first.arguments = ["pull", "--insecure", name]
        first.environment = ProcessInfo.processInfo.environment.merging(server.environment) { $1 }
        first.standardError = FileHandle.nullDevice
        try first.run()
        let blobs = home.path + "/.ollama/models/blobs/"
        func record() throws -> (file: String, completed: Int)? {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: blobs)) ?? []
            guard let name = names.first(where: { $0.hasSuffix("-partial-0") }),
                let data = FileManager.default.contents(atPath: blobs + name),
                let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let completed = json["Completed"] as? Int
            else { return nil }
            return (blobs + name.dropLast(2), completed)
        }
        let deadline = Date().addingTimeInterval(60)
        while try record()?.completed ?? 0 < 8 << 20, Date() < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        server.stop(signal: SIGKILL)
        first.waitUntilExit()
        #expect(first.terminationStatus != 0)
        stub.change {
            $0.pause = 0
            $0.stall = nil
            $0.log = []
        }
        let (path, completed) = try #require(try record())
        #expect(completed >= 8 << 20)
        // What reached the file after the last record is fetched twice.
        let file = try Data(contentsOf: URL(filePath: path))
        let arrived = file.withUnsafeBytes { bytes in
            weights.withUnsafeBytes { wanted in
                var count = 0
                while count < bytes.count, bytes[count] == wanted[count] { count += 1 }
                return count
            }
        }
        #expect(arrived - completed < weights.count / 20)

        server = try ServerProcess(home: home)
        let second = try server.apus("pull", "--insecure", name)
        #expect(second.status == 0, "\(second.errors)")
        let digest = StubRegistry.digest(weights).replacing(":", with: "-")
        #expect(Array(try Data(contentsOf: URL(filePath: blobs + digest))) == weights)
        let again = stub.log.filter { $0.server == "other" }.map(\.answer.body.count)
        #expect(again.contains(weights.count - completed))
        #expect(!again.contains(weights.count))
        await stub.stop()
    }

    // MARK: - The registry of the Docker project

    @Test(
        "what is pushed to docker-registry comes back bit for bit",
        .enabled(if: DockerRegistry.program != nil, "docker-registry is not installed"),
        arguments: [false, true])
    func docker(isSecured: Bool) throws {
        let registry = try DockerRegistry { folder in
            guard isSecured else { return [:] }
            // The password is "secret".
            try "tester:$2y$05$dtqDNsvNkQH25tRSa/7ju.d7qTXXigxRlSTQWhO.ZchkIMIoQ57ge\n"
                .write(toFile: folder.path + "/htpasswd", atomically: true, encoding: .utf8)
            let made = try Program.run(
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder.path + "/key.pem", "-out", folder.path + "/cert.pem",
                ], executable: Self.openssl)
            #expect(made.status == 0, "\(made.errors)")
            return [
                "REGISTRY_AUTH": "htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM": "tests",
                "REGISTRY_AUTH_HTPASSWD_PATH": folder.path + "/htpasswd",
                "REGISTRY_HTTP_TLS_CERTIFICATE": folder.path + "/cert.pem",
                "REGISTRY_HTTP_TLS_KEY": folder.path + "/key.pem",
            ]
        }
        let name = "\(registry.host)/team/tiny:v1"
        let home = try Scratch()
        let file = home.path + "/model.gguf"
        try TinyModel.write(to: URL(filePath: file), seed: 3)
        try "FROM \(file)\nSYSTEM Bit for bit.\n"
            .write(toFile: home.path + "/Modelfile", atomically: true, encoding: .utf8)
        let login =
            #"{"auths":{"\#(registry.host)":{"auth":"\#(Data("tester:secret".utf8).base64EncodedString())"}}}"#
        try login.write(toFile: home.path + "/config.json", atomically: true, encoding: .utf8)
        let server = try ServerProcess(
            home: home,
            environment: isSecured
                ? [
                    "SSL_CERT_FILE": registry.folder.path + "/cert.pem",
                    "DOCKER_CONFIG": home.path,
                ] : [:])
        let created = try server.apus("create", name, "-f", home.path + "/Modelfile")
        #expect(created.status == 0, "\(created.errors)")
        let before = try contents(home)
        let flags = isSecured ? [] : ["--insecure"]
        let pushed = try Program.run(["push"] + flags + [name], environment: server.environment)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(try server.apus("rm", name).status == 0)
        #expect(try contents(home).keys.contains { $0.hasPrefix("manifests/") } == false)
        let pulled = try Program.run(["pull"] + flags + [name], environment: server.environment)
        #expect(pulled.status == 0, "\(pulled.errors)")
        let after = try contents(home)
        for (path, bytes) in after where path.hasPrefix("blobs/") {
            #expect(before[path] == bytes, "\(path)")
        }
        #expect(after.count >= 4)
        // The manifest is pushed without the line end of a created one.
        let manifest = try #require(after.keys.first { $0.hasPrefix("manifests/") })
        #expect(after[manifest]! + Data([0x0A]) == before[manifest])
        let shown = try server.apus("show", "--system", name)
        #expect(shown.text.contains("Bit for bit."))
        if isSecured {
            // Without the login there is no access, without the certificate no trust.
            try FileManager.default.removeItem(atPath: home.path + "/config.json")
            let refused = try server.apus("pull", name)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("unauthorized: access denied"))
            let stranger = try ServerProcess()
            let untrusted = try stranger.apus("pull", name)
            #expect(untrusted.errors.contains("tls: failed to verify certificate"))
        }
    }

    /// Files below the models folder.
    private func contents(_ home: Scratch) throws -> [String: Data] {
        let root = home.path + "/.ollama/models"
        var files: [String: Data] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: root)! {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isFolder)
            if !isFolder.boolValue {
                files[path] = try Data(contentsOf: URL(filePath: root + "/" + path))
            }
        }
        return files
    }
}
