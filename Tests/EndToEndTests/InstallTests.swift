import Foundation
import Glibc
import TestSupport
import Testing

/// `install.sh` into a folder that stands for the system's root.
@Suite("Installation") struct InstallTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "install.sh").path

    private static func install(
        _ root: Scratch, _ environment: [String: String], _ arguments: [String] = []
    ) throws -> Program.Result {
        try Program.run(
            [script] + arguments,
            environment: [
                "APUS_ROOT": root.path, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": root.path,
            ].merging(environment) { $1 },
            inheriting: false, executable: "/bin/sh")
    }

    /// Files below the root.
    private static func files(_ root: Scratch) -> [String] {
        (FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? [])
            .filter {
                var isFolder: ObjCBool = false
                let path = root.path + "/" + $0
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                    && !isFolder.boolValue
            }.sorted()
    }

    @Test("an installation, an upgrade that keeps overrides, and nothing that stays behind")
    func install() throws {
        let root = try Scratch()
        let installed = [
            "etc/systemd/system/apus.service", "usr/local/bin/apus",
            "usr/local/share/bash-completion/completions/apus",
            "usr/local/share/man/man1/apus.1",
        ]
        // The program would take its time to be copied; what is asked of it here is little.
        let program = root.path + "/program"
        try "#!/bin/sh\nexec '\(Program.path)' \"$@\"\n".write(
            toFile: program, atomically: true, encoding: .utf8)
        chmod(program, 0o755)
        let first = try Self.install(root, ["APUS_BINARY": program])
        #expect(first.status == 0, "\(first.errors)")
        #expect(Self.files(root) == (installed + ["program"]).sorted())
        let unit = root.path + "/etc/systemd/system/apus.service"
        #expect(
            try String(contentsOfFile: unit, encoding: .utf8)
                .contains("ExecStart=/usr/local/bin/apus serve\n"))

        try FileManager.default.createDirectory(
            atPath: unit + ".d", withIntermediateDirectories: true)
        let override = unit + ".d/override.conf"
        try "[Service]\nEnvironment=\"OLLAMA_HOST=0.0.0.0:11434\"\n".write(
            toFile: override, atomically: true, encoding: .utf8)
        let second = try Self.install(root, ["APUS_BINARY": program])
        #expect(second.status == 0, "\(second.errors)")
        #expect(FileManager.default.fileExists(atPath: override))

        let removed = try Self.install(root, [:], ["--uninstall"])
        #expect(removed.status == 0, "\(removed.errors)")
        #expect(Self.files(root) == ["program"])
        #expect(try Self.install(root, [:], ["--uninstall"]).status == 0)
    }

    @Test("an archive is fetched from the address that is given")
    func download() throws {
        let root = try Scratch()
        let source = try Scratch()
        try FileManager.default.createDirectory(
            atPath: source.path + "/bin", withIntermediateDirectories: true)
        try "#!/bin/sh\necho stub\n".write(
            toFile: source.path + "/bin/apus", atomically: true, encoding: .utf8)
        chmod(source.path + "/bin/apus", 0o755)
        for name in ["amd64", "arm64"] {
            let made = try Program.run(
                ["-czf", "apus-linux-\(name).tgz", "bin/apus"], executable: "/bin/tar",
                folder: source.path)
            #expect(made.status == 0, "\(made.errors)")
        }
        let found = try Self.install(root, ["APUS_BASE_URL": "file://" + source.path])
        #expect(found.status == 0, "\(found.errors)")
        #expect(Self.files(root).contains("usr/local/bin/apus"))
        let missing = try Self.install(root, ["APUS_BASE_URL": "file:///nowhere"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("ERROR: file:///nowhere cannot be read"))
    }

    @Test("what cannot be installed is refused with its reason")
    func refusals() throws {
        let root = try Scratch()
        for (environment, arguments, text) in [
            (["APUS_BINARY": "/nothing"], [], "APUS_BINARY is \"/nothing\": no such file"),
            (["APUS_BINARY": "/bin/false"], [], "/bin/false does not run on this machine"),
            ([:], ["--nope"], "unknown argument: --nope"),
        ] as [([String: String], [String], String)] {
            let refused = try Self.install(root, environment, arguments)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("ERROR: " + text), "\(refused.errors)")
        }
        #expect(Self.files(root) == [])
    }
}
