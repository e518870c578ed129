/// `signin` and `signout`, and their hidden doubles `login` and `logout`.
///
/// There is no account service behind Apus: the commands exist so that scripts get a clear answer.
enum SignInCommand: Command {
    static let spec = CommandSpec(
        name: "signin", summary: "Sign in to ollama.com", arguments: .exactly(0))

    static func run(_ flags: ParsedFlags) async throws {
        throw CommandError("signing in is not supported: \(programName) uses no account")
    }
}

enum LoginCommand: Command {
    static let spec = CommandSpec(
        name: "login", summary: SignInCommand.spec.summary, arguments: .exactly(0),
        isHidden: true)

    static func run(_ flags: ParsedFlags) async throws { try await SignInCommand.run(flags) }
}

enum SignOutCommand: Command {
    static let spec = CommandSpec(
        name: "signout", summary: "Sign out from ollama.com", arguments: .exactly(0))

    static func run(_ flags: ParsedFlags) async throws {
        throw CommandError("signing out is not supported: \(programName) uses no account")
    }
}

enum LogoutCommand: Command {
    static let spec = CommandSpec(
        name: "logout", summary: SignOutCommand.spec.summary, arguments: .exactly(0),
        isHidden: true)

    static func run(_ flags: ParsedFlags) async throws { try await SignOutCommand.run(flags) }
}
