import ArgumentParser

/// The command line: `relay` alone serves.
@main
struct RelayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "One local endpoint in front of many LLM providers.",
        version: RelayVersion.text,
        subcommands: [
            ServeCommand.self, DemoCommand.self, CheckCommand.self, SettingsCommand.self, ModelsCommand.self,
            LimitsCommand.self, UsageCommand.self, ExplainCommand.self, KeysCommand.self, ClientsCommand.self,
            AdminCommand.self,
            ContextFilter.self,
            NormalizeFilter.self, TokensFilter.self, SimulateCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )
}
