import Clients
import NIOCore

/// Asks a provider for its models with one of its keys: that is free everywhere, and tells whether it is up, whether it
/// takes the key and which models it has.
struct KeyCheck: Sendable {
    /// A provider's list of models; `nil` asks without a key.
    typealias List = @Sendable (Provider, APIKey?) async throws -> SimpleClient.Answer

    /// So long a provider is not asked again whether it lists its models without a key.
    private static let opennessHolds: Duration = .seconds(86_400)

    struct Finding: Sendable {
        var health: KeyHealth
        /// The models that were listed; `nil` where there was no list.
        var list: DiscoveredModels?
        /// Whether the list is given to anybody, where that was asked.
        var openness: Openness?
    }

    struct Openness: Sendable {
        var isOpen: Bool
        var learned: Now

        func holds(at now: Now) -> Bool { learned.duration(to: now) < KeyCheck.opennessHolds }
    }

    let list: List

    /// - Parameter openness: what an earlier check of the provider found.
    func check(_ provider: Provider, _ key: APIKey?, openness: Openness?) async -> Finding {
        let start = Now.read()
        func finding(_ state: KeyHealth.State, _ detail: String?, isKeyProven: Bool = false) -> Finding {
            let latency = start.duration(to: .read())
            return Finding(
                health: KeyHealth(
                    state: state,
                    detail: detail,
                    isKeyProven: isKeyProven,
                    checkedAt: start.wall,
                    latency: latency
                )
            )
        }
        let answer: SimpleClient.Answer
        do {
            answer = try await list(provider, key)
        } catch {
            return finding(.error, (error as? SimpleClient.Fault)?.description ?? "no answer")
        }
        let body = Array(answer.body.readableBytesView)
        guard answer.status == 200 else { return refusal(answer, body, provider, finding) }
        let list = DiscoveredModels(JSONReader.read(body, file: provider.name).value)
        guard list.names != nil else { return finding(.error, "the list of models cannot be read") }
        var found = finding(.healthy, nil)
        found.list = list
        if let key {
            let known = openness.flatMap { $0.holds(at: start) ? $0 : nil }
            found.openness = if let known { known } else { await self.openness(of: provider, key) }
            found.health.isKeyProven = found.openness?.isOpen == false
        }
        return found
    }

    private func refusal(
        _ answer: SimpleClient.Answer,
        _ body: [UInt8],
        _ provider: Provider,
        _ finding: (KeyHealth.State, String?, Bool) -> Finding
    ) -> Finding {
        let failure = UpstreamErrorReader.read(
            status: answer.status,
            headers: answer.head,
            body: body,
            quirks: provider.quirks,
            now: .read()
        )
        switch failure {
        case .unauthorized where Self.speaksOfRights(body):
            return finding(.error, "the key may not list models", false)
        case .unauthorized: return finding(.invalid, "the key is refused", true)
        case .rateLimited, .quotaExhausted: return finding(.rateLimited, "\(answer.status)", false)
        // It is there, and has no list: nothing is known of the key.
        case .modelNotFound where answer.status == 404: return finding(.healthy, "it has no list of models", false)
        default: return finding(.error, "\(answer.status)", false)
        }
    }

    /// A key with few rights is no wrong key.
    private static func speaksOfRights(_ body: [UInt8]) -> Bool {
        let text = String(decoding: body.prefix(4096), as: UTF8.self).lowercased()
        return text.contains("permission") || text.contains("scope")
    }

    /// Whether the list is given without the key, too. Who does not answer leaves that open.
    private func openness(of provider: Provider, _ key: APIKey) async -> Openness? {
        guard let answer = try? await list(provider, nil) else { return nil }
        return Openness(isOpen: answer.status == 200, learned: .read())
    }
}
