import ArgumentParser

/// `signin` and `signout`, and their hidden doubles `login` and `logout`.
///
/// There is no account service behind Apus: the commands exist so that scripts get a clear answer.
struct SignInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signin", abstract: "Sign in to ollama.com")

    func run() async throws {
        try await Connection.with { _ in
            throw CommandError("signing in is not supported: \(programName) uses no account")
        }
    }
}

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: SignInCommand.configuration.abstract, shouldDisplay: false)

    func run() async throws { try await SignInCommand().run() }
}

struct SignOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signout", abstract: "Sign out from ollama.com")

    func run() async throws {
        try await Connection.with { _ in
            throw CommandError("signing out is not supported: \(programName) uses no account")
        }
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: SignOutCommand.configuration.abstract,
        shouldDisplay: false)

    func run() async throws { try await SignOutCommand().run() }
}
