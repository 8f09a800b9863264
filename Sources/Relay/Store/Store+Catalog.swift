import FoundationEssentials
import GRDB

/// What differs from the catalog's file, in the store.
extension Store {
    func catalogChanges() throws -> CatalogChanges {
        try database.read(Self.catalogChanges)
    }

    /// Reads, changes and writes in one step.
    /// - Throws: what `change` throws, and nothing is written then.
    @discardableResult
    func changeCatalog<Result>(_ change: (inout CatalogChanges) throws -> Result) throws -> Result {
        let result = try database.write { database in
            let former = try Self.catalogChanges(database)
            var changes = former
            let result = try change(&changes)
            try Self.write(changes, over: former, in: database)
            return result
        }
        noteChange()
        return result
    }

    /// Writes what the owner says of models and providers, all or nothing.
    func edit(_ catalog: [Provider], _ body: (inout CatalogEditor) throws -> Void) throws {
        try changeCatalog { changes in
            var editor = CatalogEditor(catalog: catalog, changes: changes)
            try body(&editor)
            changes = editor.changes
        }
    }

    private static func catalogChanges(_ database: Database) throws -> CatalogChanges {
        var changes = CatalogChanges()
        for row in try Row.fetchAll(database, sql: "SELECT provider, change FROM catalog_providers") {
            let name: String = row["provider"]
            changes.providers[name.lowercased()] = decoded(row["change"])
        }
        for row in try Row.fetchAll(database, sql: "SELECT provider, model, change FROM catalog_models") {
            let name = CatalogChanges.ModelName(provider: row["provider"], model: row["model"])
            changes.models[name] = decoded(row["change"])
        }
        return changes
    }

    private static func write(_ changes: CatalogChanges, over former: CatalogChanges, in database: Database) throws {
        for name in Set(changes.providers.keys).union(former.providers.keys)
        where changes.providers[name] != former.providers[name] {
            try database.execute(sql: "DELETE FROM catalog_providers WHERE provider = ?", arguments: [name])
            guard let change = changes.providers[name] else { continue }
            try database.execute(
                sql: "INSERT INTO catalog_providers (provider, change) VALUES (?, ?)",
                arguments: [name, try encoded(change)]
            )
        }
        for name in Set(changes.models.keys).union(former.models.keys)
        where changes.models[name] != former.models[name] {
            try database.execute(
                sql: "DELETE FROM catalog_models WHERE provider = ? AND model = ?",
                arguments: [name.provider, name.model]
            )
            guard let change = changes.models[name] else { continue }
            try database.execute(
                sql: "INSERT INTO catalog_models (provider, model, change) VALUES (?, ?, ?)",
                arguments: [name.provider, name.model, try encoded(change)]
            )
        }
    }

    // MARK: When

    private static let refreshedName = "catalog-refreshed-at"

    /// When the providers' lists were last compared, in seconds since 1970.
    func catalogRefreshedAt() throws -> Double? {
        try database.read { try Self.fact(Self.refreshedName, in: $0) }
    }

    func setCatalogRefreshed(at wall: Double) throws {
        try database.write { try Self.setFact(Self.refreshedName, to: wall, in: $0) }
    }
}
