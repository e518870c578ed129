import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The program in which Ctrl-G lets a message be written: `OLLAMA_EDITOR`, `VISUAL`, `EDITOR` or `vi`.
struct ExternalEditor {
    private let command: [String]

    init(_ environment: Environment) {
        let names = ["OLLAMA_EDITOR", "VISUAL", "EDITOR"]
        let text = names.map { environment[$0] }.first { !$0.isEmpty } ?? "vi"
        command = text.split(separator: " ").map(String.init)
    }

    /// Opens the text and returns what it became, without line breaks at the end.
    ///
    /// - Throws: ``CommandError`` when the program is missing or fails.
    func edit(_ text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.path
        let path =
            "\(folder)/\(programName)-prompt-\(getpid())-\(UInt32.random(in: 0 ... .max)).txt"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { unlink(path) }
        let arguments = command + [path]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        guard posix_spawnp(&process, command[0], nil, nil, &pointers, environ) == 0 else {
            throw CommandError(
                "editor \"\(command[0])\" not found, set OLLAMA_EDITOR to the path of your "
                    + "preferred editor")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            // A shell-like 127 is how a spawned program that cannot start ends.
            if (status >> 8) & 0xFF == 127 {
                throw CommandError(
                    "editor \"\(command[0])\" not found, set OLLAMA_EDITOR to the path of your "
                        + "preferred editor")
            }
            throw CommandError("editor exited with an error: exit status \((status >> 8) & 0xFF)")
        }
        var result = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        while result.utf8.last == 0x0A || result.utf8.last == 0x0D {
            result.unicodeScalars.removeLast()
        }
        return result
    }
}
