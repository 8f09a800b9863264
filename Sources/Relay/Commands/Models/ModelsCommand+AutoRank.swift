import ArgumentParser

extension ModelsCommand {
    struct AutoRank: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "auto-rank",
            abstract: "Put all chat models in order by capability, for the strategy `ranked`.",
            discussion: """
                Family, size and the catalog's published scores count. Positions that you gave with `relay models rank` stay as \\
                they are.
                """
        )

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Show the order, and change nothing.") var dryRun = false
        @Flag(help: "Go back to the catalog's own positions.") var reset = false

        func run() async throws {
            try await options.withStore { configuration, store in
                let known = try store.catalogChanges()
                let ranking = CapabilityRanking(configuration.catalog.map { $0.applying(known.withoutRanks) })
                if !reset {
                    var table = TextTable(["position", "model", "by"])
                    for entry in ranking.entries {
                        let own = known[entry.name.provider, entry.name.model].rank
                        table.add(["\(own ?? entry.position)", "\(entry.name)", own == nil ? entry.basis : "your word"])
                    }
                    print(table.text, terminator: "")
                }
                guard !dryRun else { return }
                try store.changeCatalog { changes in
                    for (name, change) in changes.models where change.estimatedRank != nil {
                        changes[name.provider, name.model].estimatedRank = nil
                    }
                    guard !reset else { return }
                    for entry in ranking.entries {
                        changes[entry.name.provider, entry.name.model].estimatedRank = entry.position
                    }
                }
            }
        }
    }
}

extension CatalogChanges {
    /// As the file ranks its models.
    fileprivate var withoutRanks: CatalogChanges {
        var changes = self
        for name in models.keys {
            changes.models[name]?.rank = nil
            changes.models[name]?.estimatedRank = nil
        }
        return changes
    }
}
