import API
import Client

/// One question, one answer: what `run` does with a prompt.
enum OneShot {
    static func run(
        prompt: String, images: [MediaFile] = [], _ settings: RunSettings, _ client: APIClient
    ) async throws {
        let progress = Progress()
        defer { progress.stopAndClear() }
        progress.add(Spinner(""))
        var members: JSONObject = ["prompt": .string(prompt)]
        if !images.isEmpty { members["images"] = .array(images.map { .string($0.base64) }) }
        let body = settings.request(members)
        let isTerminal = Console.outputIsTerminal
        let columns = settings.wrapsWords && isTerminal ? Console.columns : nil
        let final = try await interruptible {
            var printer = AnswerPrinter(
                columns: columns, hidesThinking: settings.hidesThinking, hasColour: isTerminal
            ) { text in
                progress.stopAndClear()
                Console.out(text)
            }
            var last = JSONValue.null
            defer { printer.finish() }
            try await client.stream("/api/generate", body) { line in
                last = line
                printer.show(
                    thinking: line["thinking"]?.string ?? "",
                    content: line["response"]?.string ?? "")
            }
            return last
        }
        guard let final else { return }
        if !prompt.isEmpty {
            progress.stopAndClear()
            Console.out("\n\n")
        }
        if settings.verbose {
            progress.stopAndClear()
            Console.error(timingText(final))
        }
    }
}
