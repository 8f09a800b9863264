/// Writes the limits that providers have reported, and the sizes that their refusals have shown, into the catalog's text. Nothing else of it changes: order, blanks and
/// comments stay.
struct CatalogLimits: Sendable {
    /// What was reported where, and what the catalog has there.
    struct Change: Sendable, Equatable {
        var provider: String
        /// `nil` where all models of a key share the limit.
        var model: String?
        /// As the catalog names it: `requests_per_day`, `max_context_length`.
        var axis: String
        var from: Int?
        var to: Int

        /// One of the model's own members, and none of its limits.
        fileprivate var isSize: Bool { CatalogLimits.sizes.contains { $0.name == axis } }

        var place: String { [provider, model].compactMap { $0 }.joined(separator: "/") }
    }

    private let text: String
    private let root: JSONValue
    /// In the catalog's order.
    let changes: [Change]

    /// - Parameters:
    ///   - text: the catalog, which was read without a fault.
    ///   - memories: what accounts have learned; of several keys the one with the least counts.
    init(_ text: String, root: JSONValue, memories: [AccountName: AccountMemory]) {
        self.text = text
        self.root = root
        var changes: [Change] = []
        for entry in root["providers"]?.array ?? [] {
            guard let name = entry["name"]?.string else { continue }
            let known = memories.filter { $0.key.provider == name.lowercased() }.map(\.value)
            changes += Self.changes(name, nil, entry["account_limits"], known.map(\.shared))
            for model in entry["models"]?.array ?? [] {
                guard let id = model["name"]?.string else { continue }
                let routes = known.compactMap { $0.routes[id] }
                changes += Self.changes(name, id, model["limits"], routes.map(\.ledger))
                changes += Self.sizeChanges(name, id, model, routes)
            }
        }
        self.changes = changes
    }

    private static func changes(
        _ provider: String,
        _ model: String?,
        _ limits: JSONValue?,
        _ ledgers: [AccountMemory.Ledger]
    ) -> [Change] {
        let windows = ledgers.flatMap(\.windows)
        return RateLimits.members.compactMap { member in
            let reported = windows.filter { RateLimits.name(of: $0.axis) == member.name }.compactMap(\.reported).min()
            let known = limits?[member.name]?.integer
            guard let reported, reported != known else { return nil }
            return Change(provider: provider, model: model, axis: member.name, from: known, to: reported)
        }
    }

    /// Members of a model that refusals teach.
    private static let sizes: [(name: String, path: any KeyPath<AccountMemory.Route, Int?> & Sendable)] = [
        ("max_context_length", \.window), ("max_output_tokens", \.maxOutputTokens),
    ]

    private static func sizeChanges(
        _ provider: String,
        _ id: String,
        _ model: JSONValue,
        _ routes: [AccountMemory.Route]
    ) -> [Change] {
        sizes.compactMap { size in
            let learned = routes.compactMap { $0[keyPath: size.path] }.min()
            let known = model[size.name]?.integer
            guard let learned, learned < known ?? .max else { return nil }
            return Change(provider: provider, model: id, axis: size.name, from: known, to: learned)
        }
    }

    // MARK: Text

    /// The catalog with all changes.
    var rewritten: String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
        let all = places.flatMap { edits(of: $0.entry, $0.member, $0.changes) }
        for edit in all.sorted(by: { ($0.line, $0.column) > ($1.line, $1.column) }) {
            lines[edit.line]
                .replaceSubrange(edit.column..<edit.column + edit.length, with: Array(edit.text.unicodeScalars))
        }
        return lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
    }

    /// The lines that change, as they were and as they will be.
    var difference: [(number: Int, before: String, after: String)] {
        let before = text.split(separator: "\n", omittingEmptySubsequences: false)
        let after = rewritten.split(separator: "\n", omittingEmptySubsequences: false)
        var difference: [(number: Int, before: String, after: String)] = []
        for (place, (old, new)) in zip(before, after).enumerated() where old != new {
            difference.append((place + 1, String(old), String(new)))
        }
        return difference
    }

    private struct Edit {
        /// From 0.
        var line: Int
        var column: Int
        var length = 0
        var text: String
    }

    /// `member` is that of the entry which holds them; `nil` where the entry holds them itself.
    private typealias Place = (entry: JSONValue, member: String?, changes: [Change])

    private var places: [Place] {
        var places: [Place] = []
        for entry in root["providers"]?.array ?? [] {
            let own = changes.filter { $0.provider == entry["name"]?.string }
            places.append((entry, "account_limits", own.filter { $0.model == nil }))
            for model in entry["models"]?.array ?? [] {
                let ofModel = own.filter { $0.model != nil && $0.model == model["name"]?.string }
                places.append((model, "limits", ofModel.filter { !$0.isSize }))
                places.append((model, nil, ofModel.filter(\.isSize)))
            }
        }
        return places.filter { !$0.changes.isEmpty }
    }

    private func edits(of entry: JSONValue, _ member: String?, _ changes: [Change]) -> [Edit] {
        let new = changes.filter { $0.from == nil }.map { "\"\($0.axis)\": \($0.to)" }.joined(separator: ", ")
        guard let holder = member.map({ entry[$0] }) ?? entry else {
            guard let name = entry["name"] else { return [] }
            return [insertion(", \"\(member ?? "")\": {\(new)}", behind: name)]
        }
        var edits = changes.compactMap { change -> Edit? in
            guard let value = holder[change.axis], change.from != nil, case .number(let digits) = value.content else {
                return nil
            }
            return Edit(
                line: value.position.line - 1,
                column: value.position.column - 1,
                length: digits.unicodeScalars.count,
                text: String(change.to)
            )
        }
        guard !new.isEmpty else { return edits }
        // `-1` says that there is none: it is known, and no number.
        if member == nil, let name = entry["name"] {
            edits.append(insertion(", \(new)", behind: name))
        } else if let last = holder.members.last?.value {
            edits.append(insertion(", \(new)", behind: last))
        } else {
            let start = holder.position
            edits.append(Edit(line: start.line - 1, column: start.column, text: new))
        }
        return edits
    }

    /// Behind a number or a text.
    private func insertion(_ text: String, behind value: JSONValue) -> Edit {
        let line = value.position.line - 1
        let start = value.position.column - 1
        if case .number(let digits) = value.content {
            return Edit(line: line, column: start + digits.unicodeScalars.count, text: text)
        }
        let lines = self.text.split(separator: "\n", omittingEmptySubsequences: false)
        let scalars = Array(lines[line].unicodeScalars)
        var end = start + 1
        while end < scalars.count, scalars[end] != "\"" { end += scalars[end] == "\\" ? 2 : 1 }
        return Edit(line: line, column: min(end + 1, scalars.count), text: text)
    }
}

extension RateLimits {
    /// What the catalog calls an axis.
    static func name(of axis: QuotaAxis) -> String {
        "\(axis.kind == .requests ? "requests" : "tokens")_per_\(axis.window)"
    }
}
