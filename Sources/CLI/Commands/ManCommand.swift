import ArgumentParser

/// `man`: the manual page, for packages to install.
struct ManCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print the manual page in troff", shouldDisplay: false)

    func run() async throws { Console.out(ManPage.text(version: apiVersion)) }
}
