import ArgumentParser
import FoundationEssentials

/// `relay admin`: who may use the admin API.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "The admin API's password.",
        subcommands: [SetPassword.self]
    )

    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-password",
            abstract: "Set the password; it is read from standard input, or asked for. All sessions end."
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await options.withStore { _, store in
                let password = Terminal.secret("New password: ")
                guard AdminAccess.passwordLength.contains(password.count) else {
                    throw ValidationError(AdminAccess.passwordRule)
                }
                try store.setAdminPassword(PasswordHash(of: password).description)
                Terminal.say("Set. A running relay takes it up within a second.")
            }
        }
    }
}
