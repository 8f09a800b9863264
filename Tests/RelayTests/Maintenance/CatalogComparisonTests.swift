import Testing

@testable import Relay

/// When a list is believed, without a provider.
struct CatalogComparisonTests {
    private static func provider(_ models: [Model], paid: Bool = false) -> Provider {
        var provider = Provider(name: "One", baseURL: "https://one.example/v1")
        provider.models = models
        provider.paid = paid
        return provider
    }

    private static func list(_ json: String) -> DiscoveredModels {
        DiscoveredModels(JSONReader.read(Array(json.utf8), file: "list").value)
    }

    /// After that many looks at the same lists.
    private static func gone(
        _ models: [Model],
        _ json: String,
        looks: Int = 2,
        paid: Bool = false,
        denied: Set<String> = [],
        changes start: CatalogChanges = CatalogChanges()
    ) -> [String] {
        var changes = start
        var outcome = CatalogComparison.Outcome()
        var comparison = CatalogComparison(provider: provider(models, paid: paid), lists: [list(json)])
        comparison.denied = denied
        for _ in 0..<looks { comparison.note(in: &changes, &outcome) }
        return comparison.provider.applying(changes).models.filter { !$0.enabled }.map(\.name)
    }

    private static let two = [Model(name: "a"), Model(name: "b")]

    @Test func `one look is no proof`() {
        let list = #"{"data":[{"id":"a"}]}"#
        #expect(Self.gone(Self.two, list, looks: 1) == [])
        #expect(Self.gone(Self.two, list, looks: 2) == ["b"])
        #expect(Self.gone(Self.two, list, looks: 9) == ["b"])
    }

    @Test(arguments: [
        #"{"data":[{"id":"other"}]}"#, #"{"data":[]}"#, #"{"error":{}}"#, #"{"data":[{"id":"a"}],"has_more":true}"#,
        #"{"result":[{"name":"a"}],"result_info":{"total_count":40}}"#,
        #"{"models":[{"name":"models/a"}],"nextPageToken":"x"}"#,
    ])
    func `a list of other names, and one that is not whole, prove nothing`(list: String) {
        #expect(Self.gone(Self.two, list) == [])
    }

    @Test func `a list of chat models says nothing of embeddings`() {
        let models = Self.two + [Model(name: "e", type: .embedding)]
        #expect(Self.gone(models, #"{"data":[{"id":"A"},{"id":"b"}]}"#) == [])
        #expect(Self.gone(models, #"{"data":[{"id":"a"},{"id":"b"}]}"#, denied: ["e"]) == ["e"])
    }

    @Test(arguments: [
        (#""pricing":{"prompt":"0","completion":"0"}"#, []),
        (#""pricing":{"prompt":"0.000001","completion":"0"}"#, ["b"]),
        (#""pricing":{"prompt":"-1","completion":"-1"}"#, ["b"]), (#""pricing":{"input":0,"output":0}"#, []),
        (#""is_free":false"#, ["b"]), (#""is_free":true,"pricing":{"prompt":"1"}"#, []), (#""pricing":{}"#, []),
    ])
    func `the provider's own prices say what is free`(price: String, expected: [String]) {
        let list = #"{"data":[{"id":"a"},{"id":"b",\#(price)}]}"#
        #expect(Self.gone(Self.two, list) == expected)
        #expect(Self.gone(Self.two, list, paid: true) == [])
    }

    @Test func `a provider does not lose everything at once, but what costs is left`() {
        let list = #"{"data":[{"id":"other"}]}"#
        #expect(Self.gone(Self.two, list, denied: ["a", "b"]) == [])
        #expect(Self.gone(Self.two, list, denied: ["a"]) == ["a"])
        let priced = #"{"data":[{"id":"a","is_free":false},{"id":"b","is_free":false}]}"#
        #expect(Self.gone(Self.two, priced) == ["a", "b"])
    }

    @Test func `the owner's word stands against lists`() {
        var changes = CatalogChanges()
        changes["ONE", "b"].isEnabled = true
        #expect(Self.gone(Self.two, #"{"data":[{"id":"a"}]}"#, changes: changes) == [])
    }

    @Test func `suggested is what is free and wanted, and no longer when it is not listed`() {
        var changes = CatalogChanges()
        var provider = Self.provider([Model(name: "a")])
        provider.discoverOnly = ["*:free", "a"]
        func look(_ json: String) -> [String] {
            var outcome = CatalogComparison.Outcome()
            CatalogComparison(provider: provider, lists: [Self.list(json)]).note(in: &changes, &outcome)
            return outcome.suggested.map(\.description)
        }
        let free = #"{"id":"x/new-70b:free","context_length":9000,"pricing":{"prompt":"0"}}"#
        let priced = #"{"id":"y:free","pricing":{"prompt":"1"}}"#
        #expect(look(#"{"data":[{"id":"a"},{"id":"z"},\#(free),\#(priced)]}"#) == ["One/x/new-70b:free"])
        let model = changes["one", "x/new-70b:free"].suggestion.flatMap(ModelReader.read(text:))
        #expect(model?.maxContextLength == 9000)
        #expect(model?.scale == .large)
        #expect(model?.source == "discovered")
        #expect(look(#"{"data":[{"id":"a"}]}"#) == [])
        #expect(changes == CatalogChanges())
    }

    @Test func `one that was turned down is not suggested again`() throws {
        var changes = CatalogChanges()
        let provider = Self.provider([Model(name: "a")])
        let comparison = CatalogComparison(
            provider: provider,
            lists: [Self.list(#"{"data":[{"id":"a"},{"id":"new"}]}"#)]
        )
        var outcome = CatalogComparison.Outcome()
        comparison.note(in: &changes, &outcome)
        var editor = CatalogEditor(catalog: [provider], changes: changes)
        try editor.setEnabled(false, "One/new")
        changes = editor.changes
        comparison.note(in: &changes, &outcome)
        #expect(outcome.suggested.count == 1)
        #expect(!changes["One", "new"].isOpenSuggestion)
        #expect(provider.applying(changes).models.map(\.name) == ["a"])
    }
}
