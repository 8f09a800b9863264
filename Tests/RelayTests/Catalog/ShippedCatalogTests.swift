import Testing

@testable import Relay

@Suite struct ShippedCatalogTests {
    @Test(arguments: [
        ("Ollama", "http://localhost:11434", DialectName.ollama), ("LMStudio", "http://localhost:1234/v1", .openai),
        ("Gemini", "https://generativelanguage.googleapis.com/v1beta", .gemini),
        ("Anthropic", "https://api.anthropic.com/v1", .anthropic),
        ("Groq", "https://api.groq.com/openai/v1", .openai),
    ])
    func `a provider is where its dialect expects it`(name: String, baseURL: String, dialect: DialectName) throws {
        let provider = try #require(try ShippedCatalog.providers().first { $0.name == name })
        #expect(provider.baseURL == baseURL)
        #expect(provider.dialect == dialect)
    }

    @Test func `local servers are asked for their models`() throws {
        let local = try ShippedCatalog.providers().filter(\.local)
        #expect(local.map(\.name) == ["Ollama", "LMStudio"])
        #expect(local.allSatisfy { $0.discoversModels && $0.keyless && $0.enabled })
    }

    @Test func `remote providers that take anyone are off and say what becomes of prompts`() throws {
        let open = try ShippedCatalog.providers().filter { $0.keyless && !$0.local }
        #expect(open.map(\.name) == ["Kilo", "LLM7", "OVH", "AIHorde"])
        #expect(open.allSatisfy { !$0.enabled && $0.dataUse != nil })
    }

    @Test func `the account's address needs the account's id`() throws {
        let without = try #require(try ShippedCatalog.providers().first { $0.name == "Cloudflare" })
        #expect(without.requiresEnv == ["CLOUDFLARE_ACCOUNT_ID"])
        let with = try ShippedCatalog.providers(environment: ["CLOUDFLARE_ACCOUNT_ID": "abc"])
        let baseURL = "https://api.cloudflare.com/client/v4/accounts/abc/ai"
        #expect(with.first { $0.name == "Cloudflare" }?.baseURL == baseURL)
    }

    @Test func `a limit of the account is not repeated for its models`() throws {
        for provider in try ShippedCatalog.providers() {
            guard let shared = provider.accountLimits.requestsPerMinute else { continue }
            #expect(provider.models.allSatisfy { $0.limits.requestsPerMinute != shared }, "\(provider.name)")
        }
    }

    @Test func `every model says where its numbers come from`() throws {
        for provider in try ShippedCatalog.providers() {
            #expect(provider.models.allSatisfy { $0.source != nil })
            #expect(provider.docsURL?.hasPrefix("https://") == true)
        }
    }
}
