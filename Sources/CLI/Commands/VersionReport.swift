import API
import Client

/// `--version`: the server's version and, where it differs, the program's.
enum VersionReport {
    static func print() async {
        let client = Connection.client()
        let answer = try? await client.get("/api/version")
        await client.shutdown()
        Console.out(text(server: answer?["version"]?.string))
    }

    static func text(server: String?) -> String {
        var text = ""
        if let server, !server.isEmpty {
            text += "\(programName) version is \(server)\n"
        } else {
            text += "Warning: could not connect to a running Apus instance\n"
        }
        if server != apiVersion { text += "Warning: client version is \(apiVersion)\n" }
        return text
    }
}
