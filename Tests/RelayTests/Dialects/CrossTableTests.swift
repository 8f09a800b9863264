import FoundationEssentials
import Testing

@testable import Relay

/// Every API that clients speak beside every dialect that providers speak, through the running relay.
///
/// The table in docs/COMPATIBILITY.md is written by this run (`make compatibility`) and compared with it otherwise.
@Suite struct CrossTableTests {
    /// An API joins here, a dialect in `Tongue.all`.
    static let clients: [any WireClient] = [
        ChatWireClient(), MessagesWireClient(), ResponsesWireClient(), CompletionsWireClient(),
    ]

    @Test func `every client is understood by every provider`() async throws {
        var rows: [CrossTable.Row] = []
        try await withThrowingTaskGroup(of: CrossTable.Row.self) { group in
            for (place, pair) in Self.pairs.enumerated() {
                group.addTask { try await Self.row(place, pair.client, pair.tongue) }
            }
            for try await row in group { rows.append(row) }
        }
        rows.sort { $0.place < $1.place }
        for row in rows {
            for (feature, cell) in row.cells {
                guard case .failed(let why) = cell else { continue }
                Issue.record("\(row.client) to \(row.dialect), \(feature.rawValue): \(why)")
            }
        }
        let table = CrossTable.text(rows)
        if ProcessInfo.processInfo.environment["RELAY_WRITE_COMPATIBILITY"] == "1" { try CrossTable.write(table) }
        #expect(
            try CrossTable.committed() == table,
            "docs/COMPATIBILITY.md is not what this run shows: make compatibility"
        )
    }

    private static let pairs: [(client: any WireClient, tongue: Tongue)] = clients.flatMap { client in
        Tongue.all.map { (client, $0) }
    }

    private static func row(_ place: Int, _ client: any WireClient, _ tongue: Tongue) async throws -> CrossTable.Row {
        var row = CrossTable.Row(place: place, client: client.name, dialect: tongue.dialect.name.rawValue)
        try await RelayUnderTest.run([tongue.member()]) { relay async throws in
            let check = CrossCheck(client: client, tongue: tongue, relay: relay)
            for feature in CrossFeature.allCases {
                guard client.features.contains(feature) else {
                    row.cells.append((feature, .noWord))
                    continue
                }
                do {
                    try await check.check(feature)
                    row.cells.append((feature, .works))
                } catch {
                    row.cells.append((feature, .failed("\(error)")))
                }
            }
        }
        return row
    }
}

/// The table as it stands in docs/COMPATIBILITY.md.
enum CrossTable {
    enum Cell: Sendable {
        case works
        /// The API has no word for it.
        case noWord
        case failed(String)

        var text: String {
            switch self {
            case .works: "✓"
            case .noWord: "–"
            case .failed: "✗"
            }
        }
    }

    struct Row: Sendable {
        var place: Int
        var client: String
        var dialect: String
        var cells: [(CrossFeature, Cell)] = []
    }

    static func text(_ rows: [Row]) -> String {
        let head = ["client", "provider"] + CrossFeature.allCases.map(\.rawValue)
        let lines = merged(rows).map { [$0.client, $0.dialect] + $0.cells.map(\.1.text) }
        let rule = head.map { _ in "---" }
        return ([head, rule] + lines).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// A dialect that is played in several ways has one row, with the worst of each.
    private static func merged(_ rows: [Row]) -> [Row] {
        var merged: [Row] = []
        for row in rows {
            guard let place = merged.firstIndex(where: { $0.client == row.client && $0.dialect == row.dialect }) else {
                merged.append(row)
                continue
            }
            for (column, (_, cell)) in row.cells.enumerated() {
                if case .failed = cell { merged[place].cells[column].1 = cell }
            }
        }
        return merged
    }

    private static let marks = ("<!-- written by the test run -->\n", "\n<!-- to here -->")

    private static let page = URL(filePath: "\(Repository.root)/docs/COMPATIBILITY.md")

    static func committed() throws -> String {
        let page = try String(contentsOf: page, encoding: .utf8)
        guard let table = range(in: page) else { return "" }
        return String(page[table])
    }

    static func write(_ table: String) throws {
        var page = try String(contentsOf: page, encoding: .utf8)
        guard let range = range(in: page) else { return }
        page.replaceSubrange(range, with: table)
        try page.write(to: Self.page, atomically: true, encoding: .utf8)
    }

    private static func range(in page: String) -> Range<String.Index>? {
        guard let start = page.firstRange(of: marks.0)?.upperBound,
            let end = page[start...].firstRange(of: marks.1)?.lowerBound
        else { return nil }
        return start..<end
    }
}
