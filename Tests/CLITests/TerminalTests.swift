import API
import Crypto
import Engine
import Foundation
import Server
import Serving
import Synchronization
import TestSupport
import Testing

@testable import CLI

@Suite("Terminal output")
struct TerminalTests {
    @Test("words that do not fit move to the next line")
    func wrap() {
        var wrap = WordWrap(columns: 20)
        var screen = Screen(columns: 20)
        for piece in ["I am a ti", "ny test model. I was trained from scratch"] {
            screen.write(wrap.append(piece))
        }
        #expect(
            screen.text == ["I am a tiny", "test model. I", "was trained", "from scratch"])
    }

    @Test("wrapping moves back over the word and wipes it")
    func wrapBytes() {
        var wrap = WordWrap(columns: 20)
        #expect(wrap.append("aaaaaaaaaaaa bbc") == "aaaaaaaaaaaa bb\u{1B}[2D\u{1B}[K\nbbc")
    }

    @Test("a word wider than the line is broken, and line breaks begin anew")
    func hardWrap() {
        var wrap = WordWrap(columns: 20)
        var screen = Screen(columns: 20)
        screen.write(wrap.append(String(repeating: "x", count: 40) + "\nab\r\ncd"))
        #expect(screen.text.joined().filter { $0 == "x" }.count == 40)
        #expect(screen.text.allSatisfy { $0.count <= 15 })
        #expect(screen.text.suffix(2) == ["ab", "cd"])
    }

    @Test("narrow terminals and redirected output are left alone")
    func noWrap() {
        var narrow = WordWrap(columns: 9)
        #expect(narrow.append("You are welcome.") == "You are welcome.")
        var none = WordWrap(columns: nil)
        let text = String(repeating: "long words ", count: 50)
        #expect(none.append(text) == text)
    }

    @Test("thinking stands between its marks")
    func thinking() {
        func shown(_ hides: Bool, _ colour: Bool) -> String {
            var out = ""
            var printer = AnswerPrinter(columns: nil, hidesThinking: hides, hasColour: colour) {
                out += $0
            }
            printer.show(thinking: "hm", content: "")
            printer.show(thinking: ", so", content: "")
            printer.show(thinking: "", content: "Yes.")
            printer.finish()
            #expect(printer.content == "Yes.")
            #expect(printer.thinking == "hm, so")
            return out
        }
        #expect(shown(false, false) == "Thinking...\nhm, so\n...done thinking.\n\nYes.")
        #expect(shown(true, false) == "Yes.")
        #expect(
            shown(false, true)
                == "\u{1B}[38;5;245m\u{1B}[1mThinking...\n\u{1B}[0m\u{1B}[38;5;245mhm, so\n"
                + "\u{1B}[38;5;245m\u{1B}[1m...done thinking.\n\n\u{1B}[0mYes.")
    }

    @Test("a cleared display writes the recorded bytes")
    func cleared() {
        let written = Mutex("")
        let progress = Progress(columns: { 80 }) { text in written.withLock { $0 += text } }
        progress.add(Spinner(""))
        progress.stopAndClear()
        progress.stopAndClear()
        #expect(
            written.withLock { $0 }
                == "\u{1B}[?25l\u{1B}[?2026h\u{1B}[?25l\u{1B}[1G\u{1B}[K\u{1B}[?25h\u{1B}[?2026l"
                + "\u{1B}[2K\u{1B}[1G\u{1B}[?25h")
    }

    @Test("a stopped display leaves its lines")
    func stopped() {
        let written = Mutex("")
        let progress = Progress(columns: { 80 }) { text in written.withLock { $0 += text } }
        progress.add(Spinner("pulling manifest"))
        progress.add(Spinner("success"))
        progress.stop()
        #expect(
            written.withLock { $0 }
                == "\u{1B}[?2026h\u{1B}[?25l\u{1B}[1Gpulling manifest \u{1B}[K\nsuccess \u{1B}[K"
                + "\u{1B}[?25h\u{1B}[?2026l\n")
    }

    private final class FixedLine: ProgressLine {
        let content: String
        init(_ content: String) { self.content = content }
        func text(columns: Int) -> String { content }
        func stop() {}
    }

    @Test(
        "lines up to the edge keep their last character, longer ones are cut while they are redrawn"
    )
    func edge() {
        let written = Mutex("")
        let progress = Progress(
            columns: { 20 }, write: { text in written.withLock { $0 += text } }, limit: { 20 })
        progress.add(FixedLine("12345678901234567890"))
        progress.add(FixedLine("copying file sha256:0123456789"))
        progress.add(FixedLine("你好你好你好你好你好你"))
        func rows() -> [String] {
            TerminalScreen.rows(of: written.withLock { $0 }, columns: 20, rows: 30)
        }
        for _ in 0..<3 { progress.tick() }
        #expect(rows() == ["12345678901234567890", "copying file sha256:", "你好你好你好你好你好"])
        progress.stop()
        #expect(
            rows() == [
                "12345678901234567890", "copying file sha256:", "0123456789", "你好你好你好你好你好", "你",
            ])
    }

    @Test("a display without lines still ends with a newline")
    func empty() {
        let written = Mutex("")
        Progress(columns: { 80 }) { text in written.withLock { $0 += text } }.stop()
        #expect(
            written.withLock { $0 } == "\u{1B}[?2026h\u{1B}[?25l\u{1B}[1G\u{1B}[?25h\u{1B}[?2026l\n"
        )
    }

    @Test("a bar shows share, amounts, rate and time left, and fills the width")
    func bar() {
        let time = Mutex<UInt64>(0)
        let bar = ProgressBar("pulling 1e024329681b:", total: 1_000_000_000, initial: 1) {
            time.withLock { $0 }
        }
        time.withLock { $0 = 2_000_000_000 }
        bar.set(500_000_000)
        let text = bar.text(columns: 100)
        #expect(text.hasPrefix("pulling 1e024329681b:  50% ▕█"))
        #expect(text.hasSuffix("▏ 500 MB/  1 GB  249 MB/s      2s"))
        #expect(displayWidth(text) == 100)
        bar.set(1_000_000_000)
        #expect(bar.text(columns: 100).hasSuffix("█▏   1 GB       "))
        #expect(displayWidth(bar.text(columns: 100)) == 100)
    }

    @Test(
        "time left",
        arguments: [
            (0.4, "0s"), (59.6, "1m0s"), (61, "1m1s"), (3600, "1h0m"), (5430, "1h30m"),
            (360_000, "99h+"), (Double.infinity, "99h+"),
        ])
    func remaining(_ seconds: Double, _ text: String) {
        #expect(ProgressBar.remaining(seconds) == text)
    }

    @Test("history is kept in a file of its own, at most 100 lines")
    func history() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "apus-history-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "history").path
        let history = History(path: path)
        for number in 0..<120 { history.add("line \(number)") }
        history.add("two\nlines")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 100)
        #expect(lines.suffix(2) == ["two", "lines"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["history"])
        let again = History(path: path)
        #expect(again.entries.count == 100)
        again.isEnabled = false
        again.add("secret")
        #expect(!again.entries.contains("secret"))
    }
}

@Suite("Server settings")
struct ServerSettingsTests {
    @Test("log values that could break a line are quoted")
    func log() {
        #expect(
            LogLine.text(
                time: "T", level: "INFO", source: "a.swift:1", message: "two words",
                fields: [("key", "plain"), ("bad", "a\u{1B}[2J\nb"), ("empty", ""), ("eq", "a=b")])
                == #"time=T level=INFO source=a.swift:1 msg="two words" key=plain "#
                + #"bad="a\x1b[2J\nb" empty="" eq="a=b""# + "\n")
        #expect(LogLine.value("größe") == "größe")
    }

    @Test(
        "booleans: known spellings, and any other text is true",
        arguments: [
            ("1", true), ("T", true), ("yes", true), ("\" 0 \"", true), ("0", false),
            ("'false'", false), ("", false), (" F ", false),
        ])
    func bool(_ text: String, _ value: Bool) {
        #expect(Environment(variables: ["X": text]).bool("X") == value)
    }

    @Test("variables become settings")
    func settings() {
        let settings = ServerSettings(
            Environment(variables: [
                "OLLAMA_HOST": "0.0.0.0:99", "OLLAMA_MODELS": "/m", "OLLAMA_NOPRUNE": "1",
                "OLLAMA_CONTEXT_LENGTH": "2048", "OLLAMA_NUM_PARALLEL": "2",
                "OLLAMA_MAX_LOADED_MODELS": "7", "OLLAMA_MAX_QUEUE": "x",
                "OLLAMA_KEEP_ALIVE": "-1", "OLLAMA_GO_TEMPLATE": "false",
                "OLLAMA_ORIGINS": "http://a,app://*",
            ]))
        #expect(settings.server.host == "0.0.0.0")
        #expect(settings.server.port == 99)
        #expect(settings.server.origins == ["http://a", "app://*"])
        #expect(settings.modelsFolder == "/m")
        #expect(!settings.server.prunesOnStart)
        #expect(settings.serving.contextLength == 2048)
        #expect(settings.serving.parallel == 2)
        #expect(settings.serving.maxLoadedModels == 7)
        #expect(settings.serving.maxQueue == 512)
        #expect(settings.serving.keepAlive == .forever)
        #expect(settings.serving.goTemplates == false)
        #expect(settings.warnings == ["OLLAMA_MAX_QUEUE is no unsigned number: x"])
        #expect(settings.serving.cacheType == .f16)
        #expect(settings.serving.speculates)
    }

    @Test("the type of the cache, and guessing ahead")
    func cacheType() {
        let settings = ServerSettings(
            Environment(variables: ["OLLAMA_KV_CACHE_TYPE": "Q8_0", "APUS_SPECULATION": "0"]))
        #expect(settings.serving.cacheType == .q8_0)
        #expect(!settings.serving.speculates)
        #expect(settings.warnings.isEmpty)
        let refused = ServerSettings(Environment(variables: ["OLLAMA_KV_CACHE_TYPE": "q4_0"]))
        #expect(refused.serving.cacheType == .f16)
        #expect(
            refused.warnings == [
                "OLLAMA_KV_CACHE_TYPE: q4_0 is not supported, the cache is f16 (supported: f16, "
                    + "q8_0, f32)"
            ])
    }

    @Test("where prefixes are kept, and how many of them")
    func diskCache() {
        func settings(_ variables: [String: String]) -> ServerSettings {
            ServerSettings(
                Environment(variables: variables.merging(["OLLAMA_MODELS": "/m"]) { $1 }))
        }
        #expect(settings([:]).serving.diskCache == .init(folder: "/m/cache", budget: 4 << 30))
        #expect(settings(["APUS_DISK_CACHE": "0"]).serving.diskCache == nil)
        let sizes = [
            "0": 0, "123456": 123_456, "500MB": 500_000_000, "2GiB": 2 << 30, "3g": 3 << 30,
            "64 kib": 64 << 10, "1T": 1 << 40,
        ]
        for (text, size) in sizes {
            let settings = settings(["APUS_DISK_CACHE_SIZE": text])
            #expect(settings.serving.diskCache?.budget == size)
            #expect(settings.warnings.isEmpty)
        }
        for text in ["much", "-1", "4 miles", "GB", "99999999999999999999", "9999999TB"] {
            let settings = settings(["APUS_DISK_CACHE_SIZE": text])
            #expect(settings.serving.diskCache?.budget == 4 << 30)
            #expect(settings.warnings == ["APUS_DISK_CACHE_SIZE is no size: \(text)"])
        }
    }

    @Test("an unusable keep-alive leaves five minutes")
    func keepAlive() {
        let settings = ServerSettings(Environment(variables: ["OLLAMA_KEEP_ALIVE": "soon"]))
        #expect(settings.serving.keepAlive == .seconds(300))
        #expect(settings.warnings == ["OLLAMA_KEEP_ALIVE is no duration: soon"])
    }

    @Test("the key file has OpenSSH's layout")
    func key() throws {
        let seed = Data(0..<32)
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        let identity = IdentityKey(key, check: 0x0102_0304)
        var lines = identity.privateText.split(separator: "\n")
        #expect(lines.removeFirst() == "-----BEGIN OPENSSH PRIVATE KEY-----")
        #expect(lines.removeLast() == "-----END OPENSSH PRIVATE KEY-----")
        #expect(lines.dropLast().allSatisfy { $0.count == 70 })
        let bytes = try Array(#require(Data(base64Encoded: lines.joined())))
        #expect(bytes.starts(with: Array("openssh-key-v1\0".utf8)))
        #expect(bytes.count == 15 + 8 + 8 + 4 + 4 + 4 + 51 + 4 + 136)
        #expect(Data(bytes).range(of: seed + key.publicKey.rawRepresentation) != nil)
        #expect(Array(bytes.suffix(5)) == [1, 2, 3, 4, 5])
        let fields = identity.publicText.split(separator: " ")
        #expect(fields[0] == "ssh-ed25519")
        let blob = try #require(
            Data(base64Encoded: fields[1].trimmingCharacters(in: .newlines)))
        #expect(Array(blob.suffix(32)) == Array(key.publicKey.rawRepresentation))
    }
}
