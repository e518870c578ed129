import ArgumentParser

/// `completion`: the script by which a shell completes commands, flags and names of models.
struct CompletionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell",
        discussion: """
            Print a script by which a shell completes commands, flags and names of models.

            To load it in each new shell, put this line into the file named:
              bash   ~/.bashrc                    source <(\(programName) completion bash)
              zsh    ~/.zshrc, after compinit     source <(\(programName) completion zsh)
              fish   ~/.config/fish/config.fish   \(programName) completion fish | source
            """)

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    @Argument(help: .operand("bash|zsh|fish", "Name of the shell")) var shell: Shell

    func run() async throws { Console.out(Self.script(shell)) }

    static func script(_ shell: Shell) -> String {
        switch shell {
        case .bash:
            // Names of models contain colons, at which bash would begin a new word.
            Program.completionScript(for: .bash) + "\nCOMP_WORDBREAKS=\"${COMP_WORDBREAKS//:/}\"\n"
        case .zsh: Program.completionScript(for: .zsh) + "\n"
        case .fish: Program.completionScript(for: .fish) + "\n"
        }
    }
}
