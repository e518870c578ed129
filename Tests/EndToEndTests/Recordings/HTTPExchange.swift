import API
import Foundation
import TestSupport

/// A recorded request, sent again.
struct HTTPExchange {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""

    static func send(_ request: JSONValue, to url: String) throws -> HTTPExchange {
        let scratch = try Scratch()
        var arguments = [
            "-sS", "--max-time", "100", "-X", request["method"]?.string ?? "GET", "-D",
            scratch.path + "/headers", "-H", "Expect:", url + (request["path"]?.string ?? ""),
        ]
        for (name, value) in request["headers"]?.object ?? [:] {
            arguments += ["-H", "\(name): \(value.string ?? "")"]
        }
        var input = ""
        if let file = request["body_file"]?.string {
            let path = Golden.url(String(file.dropFirst("shared/fixtures/".count))).path
            arguments += ["--data-binary", "@" + path]
        } else if let text = request["body_text"]?.string {
            input = text
        } else if let body = request["body"], !body.isNull {
            input = body.serialized
        }
        if !input.isEmpty {
            arguments += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
        }
        let result = try Program.run(arguments, input: input, executable: "/usr/bin/curl")
        guard result.status == 0 else { throw ServerProcess.Failure(result.errors) }
        var answer = HTTPExchange(body: result.text)
        let head = try String(contentsOfFile: scratch.path + "/headers", encoding: .utf8)
        for line in head.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") {
                answer.status = Int(line.split(separator: " ")[1]) ?? 0
            } else if let colon = line.firstIndex(of: ":") {
                answer.headers[line[..<colon].lowercased()] =
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return answer
    }

    /// First difference from a recorded response; nil when there is none.
    func difference(from recorded: JSONValue, volatile: [String]) -> String? {
        if status != recorded["status"]?.integer {
            return "status \(status): \(body.prefix(200))"
        }
        for (name, value) in recorded["headers"]?.object ?? [:]
        where name.hasPrefix("access-control") || ["content-type", "vary", "allow"].contains(name) {
            if headers[name] != value.string {
                return "\(name): \(headers[name] ?? "-") for \(value.string ?? "")"
            }
        }
        guard let text = recorded["body"]?.string else { return nil }
        guard let wanted = try? JSONValue(parsing: text) else {
            return body == text ? nil : "\(body.debugDescription) for \(text.debugDescription)"
        }
        guard let found = try? JSONValue(parsing: body) else { return "no JSON: \(body)" }
        return Self.difference(found, wanted, "$.body", Set(volatile))
    }

    private static func difference(
        _ found: JSONValue, _ wanted: JSONValue, _ path: String, _ volatile: Set<String>
    ) -> String? {
        let isVolatile = volatile.contains(path)
        switch (found, wanted) {
        case (.object(let left), .object(let right)):
            if Array(left.keys) != Array(right.keys) {
                return "\(path): \(left.keys.joined(separator: " ")) for "
                    + right.keys.joined(separator: " ")
            }
            for (key, value) in right {
                if let text = difference(left[key]!, value, "\(path).\(key)", volatile) {
                    return text
                }
            }
            return nil
        case (.array(let left), .array(let right)):
            if isVolatile { return nil }
            if left.count != right.count { return "\(path): \(found) for \(wanted)" }
            for (one, other) in zip(left, right) {
                if let text = difference(one, other, path + "[*]", volatile) { return text }
            }
            return nil
        case (.string(let left), .string(let right)):
            // Where the store lies is no matter.
            return isVolatile
                || left.replacing(#/\/[^ ]*\/\.ollama/#, with: "<home>/.ollama") == right
                ? nil : "\(path): \(left.debugDescription) for \(right.debugDescription)"
        case (.number, .number) where isVolatile: return nil
        default: return found == wanted ? nil : "\(path): \(found) for \(wanted)"
        }
    }
}
