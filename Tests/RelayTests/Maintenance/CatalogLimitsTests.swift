import Foundation
import Testing

@testable import Relay

/// Reported limits, written into the catalog's text.
struct CatalogLimitsTests {
    private static let catalog = """
        {
          "__comment": "ours",
          "providers": [
            {
              "name": "Groq", "base_url": "https://groq.example/v1",
              "models": [
                {"name": "größe \\"a\\"", "limits": {"requests_per_minute": 30, "tokens_per_day": 100},   "tools": true},
                {"name": "b", "limits": {}},
                {"name": "c"}
              ]
            },
            {"name": "Other", "account_limits": {"requests_per_day": 5}, "models": [{"name": "c"}]}
          ]
        }

        """

    private static func memory(
        _ routes: [String: [(QuotaAxis, Int)]],
        shared: [(QuotaAxis, Int)] = []
    ) -> AccountMemory {
        func ledger(_ limits: [(QuotaAxis, Int)]) -> AccountMemory.Ledger {
            let windows = limits.map { AccountMemory.Window(axis: $0.0, reported: $0.1) }
            return AccountMemory.Ledger(windows: windows, openRequests: 0, openTokens: 0)
        }
        return AccountMemory(
            shared: ledger(shared),
            routes: routes.mapValues { AccountMemory.Route(ledger: ledger($0)) }
        )
    }

    private static func limits(_ memories: [(String, AccountMemory)]) -> CatalogLimits {
        let named = memories.enumerated()
            .map { place, entry in
                (AccountName(provider: entry.0, fingerprint: "\(place)"), entry.1)
            }
        let root = JSONReader.read(Array(catalog.utf8), file: "catalog").value ?? .null
        return CatalogLimits(catalog, root: root, memories: Dictionary(uniqueKeysWithValues: named))
    }

    private static let rpm = QuotaAxis(.requests, .minute)
    private static let rpd = QuotaAxis(.requests, .day)
    private static let tpm = QuotaAxis(.tokens, .minute)

    @Test func `numbers are replaced and added where they belong, and nothing else moves`() {
        let limits = Self.limits([
            (
                "groq",
                Self.memory([
                    "größe \"a\"": [(Self.rpm, 60), (Self.rpd, 1000)], "b": [(Self.tpm, 7)], "c": [(Self.rpd, 9)],
                ])
            ),
            ("Other", Self.memory([:], shared: [(Self.rpd, 50), (Self.rpm, 2)])),
        ])
        let expected = Self.catalog
            .replacing("\"requests_per_minute\": 30", with: "\"requests_per_minute\": 60")
            .replacing("\"tokens_per_day\": 100}", with: "\"tokens_per_day\": 100, \"requests_per_day\": 1000}")
            .replacing("\"limits\": {}", with: "\"limits\": {\"tokens_per_minute\": 7}")
            .replacing("{\"name\": \"c\"}\n", with: "{\"name\": \"c\", \"limits\": {\"requests_per_day\": 9}}\n")
            .replacing("{\"requests_per_day\": 5}", with: "{\"requests_per_day\": 50, \"requests_per_minute\": 2}")
        #expect(limits.rewritten == expected)
        #expect(limits.difference.map(\.number) == [7, 8, 9, 12])
        #expect(limits.changes.first?.place == "Groq/größe \"a\"")
        #expect(limits.changes.first?.from == 30)
    }

    @Test func `sizes that refusals have shown stand with the model`() {
        var memory = Self.memory(["b": [(Self.rpm, 4)], "c": []])
        memory.routes["b"]?.window = 8192
        memory.routes["c"]?.window = 4096
        memory.routes["c"]?.maxOutputTokens = 512
        let limits = Self.limits([("groq", memory)])
        let expected = Self.catalog
            .replacing(
                #"{"name": "b", "limits": {}}"#,
                with: #"{"name": "b", "max_context_length": 8192, "limits": {"requests_per_minute": 4}}"#
            )
            .replacing(
                "{\"name\": \"c\"}\n",
                with: "{\"name\": \"c\", \"max_context_length\": 4096, \"max_output_tokens\": 512}\n"
            )
        #expect(limits.rewritten == expected)
        // It is a limit from above: one that is known to be lower stays.
        let again = JSONReader.read(Array(expected.utf8), file: "").value ?? .null
        memory.routes["b"]?.window = 9000
        let name = AccountName(provider: "groq", fingerprint: "")
        #expect(CatalogLimits(expected, root: again, memories: [name: memory]).changes == [])
    }

    @Test func `of several keys the one with the least counts, and what is known already is no change`() {
        let limits = Self.limits([
            ("groq", Self.memory(["größe \"a\"": [(Self.rpm, 60)]])),
            ("groq", Self.memory(["größe \"a\"": [(Self.rpm, 30)]])),
        ])
        #expect(limits.changes == [])
        #expect(limits.rewritten == Self.catalog)
    }

    @Test func `the shipped catalog comes back as it is`() throws {
        let text = try String(contentsOfFile: "provider_model_limits.json", encoding: .utf8)
        let root = try #require(JSONReader.read(Array(text.utf8), file: "").value)
        #expect(CatalogLimits(text, root: root, memories: [:]).rewritten == text)
    }
}
