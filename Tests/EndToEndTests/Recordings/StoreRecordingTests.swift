import API
import Foundation
import TestSupport
import Testing

/// What lies on disk after requests, as recorded: every file with its mode, size and text.
@Suite("Recorded stores", .enabled(if: Golden.isPresent))
struct StoreRecordingTests {
    private struct File: Equatable {
        /// Octal; nil when not recorded.
        var mode: String?
        var size: Int?
        /// Of the small ones.
        var text: String?
    }

    @Test("answers and files")
    func recorded() async throws {
        let tally = try await aside { try Self.tally() }
        #expect(tally.shortcomings(atLeast: 21) == [])
    }

    private static func tally() throws -> Tally {
        var tally = Tally("store")
        for item in try Recording.cases("store") {
            var server = try ServerProcess()
            let home = server.home
            var difference: String?
            for (index, step) in (item["steps"]?.array ?? []).enumerated() where difference == nil {
                guard let request = step["request"], let response = step["response"] else {
                    continue
                }
                let answer = try HTTPExchange.send(request, to: server.url)
                difference = Self.difference(answer, response, step).map { "step \(index): \($0)" }
            }
            if item["then"] == "server restarted" {
                server.stop(signal: SIGTERM)
                server = try ServerProcess(home: home)
            }
            server.stop(signal: SIGTERM)
            let name = item["name"]?.string ?? ""
            tally.add(name, try difference ?? Self.difference(home, item))
        }
        return tally
    }

    private static func difference(
        _ answer: HTTPExchange, _ response: JSONValue, _ step: JSONValue
    ) -> String? {
        if let lines = response["lines"]?.array?.compactMap(\.string) {
            // How far a quantisation has come is told from time to time.
            var found = answer.body.split(separator: "\n").map(String.init)
                .filter { !$0.contains(#""status":"quantizing"#) }
            if let place = lines.firstIndex(where: { $0.contains(recordedWeights) }),
                place < found.count
            {
                found[place] = found[place].replacing(
                    #/sha256:[0-9a-f]{64}/#, with: "sha256:" + recordedWeights)
            }
            return Recording.difference(found, lines, "lines")
        }
        let volatile = (step["volatile"]?.array ?? []).compactMap(\.string)
        return answer.difference(from: response, volatile: volatile)
    }

    /// Weights that were quantised here have digests of their own.
    private static let recordedWeights =
        "8a0b6edb18345ab37ab4d33ed4fcd76a244406015c2f6cd6a5d71965c736e1eb"

    private static func difference(_ home: Scratch, _ item: JSONValue) throws -> String? {
        var recorded: [String: File] = [:]
        for entry in item["tree"]?.array ?? [] {
            recorded[entry["path"]?.string ?? ""] = File(
                mode: entry["mode"]?.string, size: entry["size"]?.integer,
                text: entry["text"]?.string)
        }
        var found = try files(below: home.path + "/.ollama", like: recorded)
        adoptQuantised(&found, recorded)
        let (left, right) = (Set(found.keys), Set(recorded.keys))
        if left != right {
            return "only here: \(left.subtracting(right).sorted()), "
                + "only there: \(right.subtracting(left).sorted())"
        }
        for (path, file) in recorded.sorted(by: { $0.key < $1.key }) where found[path] != file {
            return "\(path): \(found[path]!) for \(file)"
        }
        return nil
    }

    /// Everything below a folder; directories end with a slash.
    private static func files(
        below root: String, like recorded: [String: File]
    ) throws -> [String: File] {
        let manager = FileManager.default
        var files: [String: File] = [:]
        for path in manager.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
            let attributes = try manager.attributesOfItem(atPath: root + "/" + path)
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            let key = isFolder ? path + "/" : path
            let size = attributes[.size] as? Int ?? 0
            let data = !isFolder && size < 4096 ? manager.contents(atPath: root + "/" + path) : nil
            files[key] = File(
                mode: "0" + String((attributes[.posixPermissions] as? Int) ?? 0, radix: 8),
                // A comment with the user's name stands in keys; the recorded ones had none.
                size: isFolder || path.hasPrefix("id_") ? recorded[key]?.size : size,
                text: path.hasPrefix("id_") ? nil : data.map { String(decoding: $0, as: UTF8.self) }
            )
            if recorded[key]?.text == nil { files[key]?.text = nil }
        }
        return files
    }

    /// Gives weights of the recorded size the recorded digest.
    private static func adoptQuantised(_ found: inout [String: File], _ recorded: [String: File]) {
        let path = "models/blobs/sha256-" + recordedWeights
        guard let wanted = recorded[path], found[path] == nil,
            let own = found.first(where: { recorded[$0.key] == nil && $0.value == wanted })
        else { return }
        found[own.key] = nil
        found[path] = own.value
        let digest = String(own.key.suffix(64))
        found = found.mapValues { file in
            var file = file
            file.text = file.text?.replacing(digest, with: recordedWeights)
            return file
        }
    }
}
