import Testing

@testable import Relay

/// What the owner says of models, by name.
struct CatalogEditorTests {
    private static func editor() -> CatalogEditor {
        var provider = Provider(name: "Groq", baseURL: "https://groq.example/v1")
        provider.models = [Model(name: "openai/gpt-oss-120b"), Model(name: "llama")]
        var changes = CatalogChanges()
        changes["Groq", "new"].suggestion = #"{"name":"new","scale":"large"}"#
        return CatalogEditor(catalog: [provider], changes: changes)
    }

    @Test func `names are found as everybody writes them`() throws {
        var editor = Self.editor()
        try editor.setEnabled(false, "groq/OpenAI/gpt-oss-120b")
        try editor.setRank(3, "GROQ/llama")
        try editor.setProvider(priority: 7, "groq")
        try editor.setEnabled(false, "GROQ")
        let provider = editor.catalog[0].applying(editor.changes)
        #expect(provider.priority == 7 && !provider.enabled)
        #expect(provider.models.map(\.enabled) == [false, true])
        #expect(provider.models.map(\.rank) == [nil, 3])
    }

    @Test func `a suggested model is there once it is accepted or enabled`() throws {
        for accept in [true, false] {
            var editor = Self.editor()
            #expect(editor.catalog[0].applying(editor.changes).models.count == 2)
            if accept { try editor.accept("Groq/new") } else { try editor.setEnabled(true, "Groq/new") }
            #expect(editor.catalog[0].applying(editor.changes).models.map(\.name).last == "new")
            try editor.setEnabled(false, "Groq/new")
            #expect(editor.catalog[0].applying(editor.changes).models.last?.enabled == false)
        }
    }

    @Test func `to take everything back leaves nothing`() throws {
        var editor = Self.editor()
        let before = editor.changes
        try editor.setRank(1, "Groq/llama")
        try editor.setLimits(RateLimits(requestsPerMinute: 3), "Groq/llama")
        #expect(editor.catalog[0].applying(editor.changes).models[1].limits.requestsPerMinute == 3)
        try editor.setLimits(nil, "Groq/llama")
        try editor.setRank(nil, "Groq/llama")
        #expect(editor.changes == before)
    }

    @Test func `what is not there is named with what may be meant`() {
        var editor = Self.editor()
        #expect(throws: CatalogEditor.Fault.unknownProvider(UnknownProvider(name: "Grok", nearest: "Groq"))) {
            try editor.accept("Grok/llama")
        }
        #expect(throws: CatalogEditor.Fault.unknownModel("Groq/lama", nearest: "Groq/llama")) {
            try editor.setRank(1, "Groq/lama")
        }
        #expect(throws: CatalogEditor.Fault.notSuggested("Groq/llama")) { try editor.accept("Groq/llama") }
        #expect(throws: CatalogEditor.Fault.malformed("llama")) { try editor.accept("llama") }
    }
}
