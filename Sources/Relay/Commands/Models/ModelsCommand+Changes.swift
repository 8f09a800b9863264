import ArgumentParser

extension ModelsCommand {
    struct Suggestions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models that providers have and the catalog does not."
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await options.withStore { _, store in
                var table = TextTable(["model", "type", "scale", "window"])
                for (name, change) in try store.catalogChanges().models.sorted(by: { $0.key < $1.key })
                where change.isOpenSuggestion {
                    guard let model = change.suggestion.flatMap(ModelReader.read(text:)) else { continue }
                    table.add([
                        "\(name)", model.type.rawValue, model.scale.rawValue,
                        model.maxContextLength.map(String.init) ?? "?",
                    ])
                }
                guard !table.isEmpty else {
                    return Terminal.say("There are none. A running relay looks every catalog.refresh_hours.")
                }
                print(table.text, terminator: "")
                Terminal.say("`relay models accept Provider/model` takes one, `disable` turns it down.")
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Use models that were suggested.")

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Provider/model, as `relay models suggestions` shows them.") var models: [String]

        func run() async throws {
            try await change(models, options) { try $0.accept($1) }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use models or providers, whatever catalog and lists say."
        )

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Provider/model, as `relay models --all` shows them, or Provider.") var models: [String]

        func run() async throws {
            try await change(models, options) { try $0.setEnabled(true, $1) }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Do not use models, or whole providers.")

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Provider/model, as `relay models` shows them, or Provider.") var models: [String]

        func run() async throws {
            try await change(models, options) { try $0.setEnabled(false, $1) }
        }
    }

    struct Rank: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say at which position the strategy `ranked` tries a model."
        )

        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "Provider/model.") var model: String
        @Argument(help: "A whole number, lower is earlier; `default` is as the catalog says.") var rank: String

        func run() async throws {
            let position = Int(rank)
            guard position != nil || rank == "default" else {
                throw ValidationError("'\(rank)' is no position: give a whole number, or `default`.")
            }
            try await change([model], options) { try $0.setRank(position, $1) }
        }
    }
}

extension AsyncParsableCommand {
    fileprivate func change(
        _ models: [String],
        _ options: ConfigurationOptions,
        _ body: (inout CatalogEditor, String) throws -> Void
    ) async throws {
        try await options.withStore { configuration, store in
            do {
                try store.edit(configuration.catalog) { editor in
                    for model in models { try body(&editor, model) }
                }
            } catch let error as CatalogEditor.Fault {
                throw ValidationError(error.description)
            }
        }
    }
}
