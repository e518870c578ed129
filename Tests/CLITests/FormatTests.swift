import API
import TestSupport
import Testing

@testable import CLI

@Suite("Lists and numbers")
struct FormatTests {
    static let now = Timestamp(seconds: 1_800_000_000)

    static func time(_ secondsAgo: Int) -> JSONValue {
        .string(Timestamp(seconds: now.seconds - secondsAgo).description)
    }

    @Test("list pads every cell")
    func list() {
        let answer: JSONValue = [
            "models": [
                [
                    "name": "qwen2.5-coder:latest", "digest": "2b0496514337aaaaaaaa",
                    "size": 4_683_087_332, "modified_at": Self.time(7200),
                ],
                [
                    "name": "Tiny:f16", "digest": "00", "size": 999, "modified_at": Self.time(60),
                    "remote_model": "x",
                ],
            ]
        ]
        #expect(
            ListCommand.table(answer, prefix: "", now: Self.now)
                == "NAME                    ID              SIZE      MODIFIED           \n"
                + "qwen2.5-coder:latest    2b0496514337    4.7 GB    2 hours ago           \n"
                + "Tiny:f16                00              -         About a minute ago    \n")
        #expect(
            ListCommand.table(answer, prefix: "ti", now: Self.now)
                == "NAME        ID    SIZE    MODIFIED           \n"
                + "Tiny:f16    00    -       About a minute ago    \n")
        #expect(
            ListCommand.table(answer, prefix: "zzz", now: Self.now)
                == "NAME    ID    SIZE    MODIFIED \n")
    }

    @Test("ps tells where and until when a model is loaded")
    func ps() {
        let answer: JSONValue = [
            "models": [
                [
                    "name": "tiny:latest", "digest": "1964544e324b74", "size": 15_267_265,
                    "size_vram": 0, "context_length": 1024, "expires_at": Self.time(-270),
                ]
            ]
        ]
        #expect(
            PsCommand.table(answer, prefix: "ti", now: Self.now)
                == "NAME           ID              SIZE     PROCESSOR    CONTEXT    UNTIL              \n"
                + "tiny:latest    1964544e324b    15 MB    100% CPU     1024       "
                + "4 minutes from now    \n")
        #expect(
            PsCommand.table(answer, prefix: "TI", now: Self.now)
                == "NAME    ID    SIZE    PROCESSOR    CONTEXT    UNTIL \n")
        #expect(PsCommand.until("0001-01-01T00:00:00Z", now: Self.now) == "Never")
        #expect(PsCommand.until("2001-01-01T00:00:00Z", now: Self.now) == "Stopping...")
        #expect(PsCommand.until("2318-01-01T00:00:00Z", now: Self.now) == "Forever")
    }

    @Test(
        "processor",
        arguments: [
            (100, 0, "100% CPU"), (100, 100, "100% GPU"), (100, 101, "Unknown"), (0, 1, "Unknown"),
            (1000, 250, "75%/25% CPU/GPU"), (3, 1, "67%/33% CPU/GPU"),
        ])
    func processor(_ size: Int, _ onGPU: Int, _ text: String) {
        #expect(PsCommand.processor(size: size, onGPU: onGPU) == text)
    }

    @Test("wide characters count twice, and long cells break at blanks")
    func table() {
        var table = Table(header: ["A", "B"])
        table.rows = [["你好", "x"], ["a", "words that do not fit into thirty columns"]]
        #expect(
            table.text
                == "A       B                          \n"
                + "你好    x                             \n"
                + "a       words that do not fit into    \n"
                + "        thirty columns                \n")
    }

    @Test(
        "numbers by their shortest digits",
        arguments: [
            (4_461_824, "4.461824e+06"), (1e-6, "1e-06"), (1_000_000, "1e+06"), (227_784, "227784"),
            (0, "0"), (0.0001, "0.0001"), (0.00001, "1e-05"), (-2.5, "-2.5"), (1000, "1000"),
            (8e9, "8e+09"), (1e100, "1e+100"), (0.5, "0.5"), (123_456.75, "123456.75"),
        ])
    func general(_ value: Double, _ text: String) {
        #expect(CLI.general(value) == text)
    }

    @Test("metadata lists are cut to about ten columns")
    func metadata() {
        #expect(ModelReport.metadataText([3, 3, 3, 1, 1]) == "[3 3 3 ...+2 more]")
        #expect(ModelReport.metadataText(["<|endoftext|>", "a"]) == "[<|endoftext|> ...+1 more]")
        #expect(ModelReport.metadataText(["Ġ t", "h e", "i n"]) == "[Ġ t h e ...+1 more]")
        #expect(ModelReport.metadataText([1, 2]) == "[1 2]")
        #expect(ModelReport.metadataText([]) == "[]")
        #expect(ModelReport.metadataText(true) == "true")
    }

    @Test("show prints sections as recorded", .enabled(if: Golden.isPresent))
    func showRecorded() throws {
        let manage = try JSONValue(parsing: Golden.data("ollama/manage.json"))
        let cli = try JSONValue(parsing: Golden.data("ollama/cli.json"))
        var outputs: [String: String] = [:]
        for item in cli["cases"]?.array ?? [] {
            outputs[item["name"]?.string ?? ""] = item["stdout"]?.string
        }
        var checked = 0
        func visit(_ item: JSONValue) throws {
            for step in item["steps"]?.array ?? [item] {
                guard step["request"]?["path"]?.string == "/api/show",
                    step["response"]?["status"]?.integer == 200,
                    let body = step["request"]?["body"], body.object?.count == 1,
                    let model = (body["model"] ?? body["name"])?.string,
                    let expected = outputs["show \(model)"],
                    let text = step["response"]?["body"]?.string
                else { continue }
                let report = ModelReport(model: try JSONValue(parsing: text)).text
                // The order of parameters is random in the reference.
                #expect(
                    report.split(separator: "\n").sorted()
                        == expected.split(separator: "\n").sorted(),
                    "\(model)")
                checked += 1
            }
        }
        for item in manage["cases"]?.array ?? [] { try visit(item) }
        #expect(checked > 0)
    }

    @Test("show leaves out what is not there and cuts long texts")
    func show() {
        let model: JSONValue = [
            "license": "\n First \n\nSecond\nThird\n",
            "details": ["parameter_size": "", "quantization_level": "Q8_0"],
            "model_info": [
                "general.architecture": "qwen2", "general.parameter_count": 494_032_768,
                "qwen2.context_length": 32768,
            ],
            "capabilities": ["completion", "tools"],
            "parameters":
                "stop                           \"<|im_end|>\"\ntop_k                          20",
            "requires": "0.14.0",
        ]
        #expect(
            ModelReport(model: model).text
                == [
                    "  Model", "    architecture      qwen2      ",
                    "    parameters        494.03M    ",
                    "    context length    32768      ", "    quantization      Q8_0       ",
                    "    requires          0.14.0     ", "", "  Capabilities", "    completion    ",
                    "    tools         ", "", "  Parameters", "    stop     \"<|im_end|>\"    ",
                    "    top_k    20              ", "", "  License", "    First     ",
                    "    Second    ", "    ...       ", "", "",
                ].joined(separator: "\n"))
    }

    @Test("the timing block leaves out what is zero")
    func timing() {
        #expect(
            timingText([
                "total_duration": 857_877_710, "load_duration": 14_625_325,
                "prompt_eval_count": 32, "prompt_eval_duration": 175_000_000, "eval_count": 18,
                "eval_duration": 665_000_000,
            ]) == """
                total duration:       857.87771ms
                load duration:        14.625325ms
                prompt eval count:    32 token(s)
                prompt eval duration: 175ms
                prompt eval rate:     182.86 tokens/s
                eval count:           18 token(s)
                eval duration:        665ms
                eval rate:            27.07 tokens/s

                """)
        #expect(
            timingText(["draft_count": 150, "draft_accepted_count": 120])
                == "draft acceptance:     80.0% (120/150 tokens)\n")
        #expect(
            timingText(["prompt_cached_count": 384]) == "prompt from cache:    384 token(s)\n")
        #expect(timingText(["eval_count": 3]) == "eval count:           3 token(s)\n")
    }

    @Test("versions that differ are both told")
    func version() {
        #expect(VersionReport.text(server: apiVersion) == "apus version is \(apiVersion)\n")
        #expect(
            VersionReport.text(server: "9.9.9")
                == "apus version is 9.9.9\nWarning: client version is \(apiVersion)\n")
        #expect(
            VersionReport.text(server: nil)
                == "Warning: could not connect to a running Apus instance\n"
                + "Warning: client version is \(apiVersion)\n")
    }

    @Test("display width")
    func width() {
        #expect(displayWidth("abc") == 3)
        #expect(displayWidth("你好") == 4)
        #expect(displayWidth("e\u{301}") == 1)
        #expect(displayWidth("👍🏽") == 2)
        #expect(displayWidth("🇩🇪") == 2)
        #expect(displayWidth("\u{200B}\u{07}") == 0)
        #expect(displayWidth("ｱ") == 1)
        #expect(displayWidth("▕█▏") == 3)
    }

    @Test("peak memory of a status file")
    func memory() {
        #expect(peakMemory(status: "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t1 kB\n") == 2_097_152)
        #expect(peakMemory(status: "") == 0)
    }

    @Test("statistics")
    func statistics() {
        let odd = Statistics([3, 1, 2])
        #expect((odd.median, odd.minimum, odd.maximum) == (2, 1, 3))
        #expect(Statistics([1, 2, 3, 10]).median == 2.5)
        #expect(Statistics([]).median == 0)
    }
}
