import Foundation
import Testing

@testable import ModelStore

@Suite struct ModelNameTests {
    @Test(arguments: [
        ("m", "registry.ollama.ai/library/m:latest", "m:latest"),
        ("m:t", "registry.ollama.ai/library/m:t", "m:t"),
        ("n/m", "registry.ollama.ai/n/m:latest", "n/m:latest"),
        ("h/n/m:t", "h/n/m:t", "h/n/m:t"),
        ("localhost:5000/n/m", "localhost:5000/n/m:latest", "localhost:5000/n/m:latest"),
        ("https://h/n/m:t", "h/n/m:t", "h/n/m:t"),
        ("ftp://h/n/m", "h/n/m:latest", "h/n/m:latest"),
        ("hf.co/o/r.x:Q4_K_M", "hf.co/o/r.x:Q4_K_M", "hf.co/o/r.x:Q4_K_M"),
        ("h/library/m", "h/library/m:latest", "h/library/m:latest"),
        ("registry.ollama.ai/library/x", "registry.ollama.ai/library/x:latest", "x:latest"),
        ("_a", "registry.ollama.ai/library/_a:latest", "_a:latest"),
    ])
    func `a valid name gets its defaults`(text: String, full: String, display: String) throws {
        let name = try #require(ModelName(text))
        #expect(name.full == full)
        #expect(name.display == display)
    }

    @Test(arguments: [
        "", " ", "a b", "../x", "a/b/c/d", "a:", ":b", "a:b:c", "a//b", "/m", "ä", ".a", "a:-b",
        "n.s/m",
        "a\\b", "a\tb", "a%2Fb", "m@sha256:00", "a\0b", "..", "a/..", "-a", "a:..",
        String(repeating: "x", count: 81), "e\u{301}",
    ])
    func `an invalid name is none`(text: String) {
        #expect(ModelName(text) == nil)
    }

    @Test func `names match without regard to case`() throws {
        let one = try #require(ModelName("Team/All:V1"))
        let other = try #require(ModelName("team/aLL:v1"))
        #expect(one.matches(other))
        #expect(one != other)
    }

    @Test(arguments: [":", "-"])
    func `a digest is 64 hexadecimal digits`(separator: String) throws {
        let digits = String(repeating: "0aF9", count: 16)
        let digest = try #require(Digest("sha256" + separator + digits))
        #expect(digest.description == "sha256:" + digits.lowercased())
        #expect(digest.fileName == "sha256-" + digits.lowercased())
    }

    @Test(arguments: [
        "", "sha256:", "sha256:abc", "md5:" + String(repeating: "0", count: 64),
        "sha256:" + String(repeating: "0", count: 65), "sha256" + String(repeating: "0", count: 65),
        "sha256:" + String(repeating: "g", count: 64), "sha256:../../../../etc/passwd",
        "sha256:" + String(repeating: "0", count: 61) + "/..",
    ])
    func `other text is no digest`(text: String) {
        #expect(Digest(text) == nil)
    }
}
