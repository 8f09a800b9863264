import Clients

/// What a route has refused to take and is not sent again.
struct RefusedMembers: Codable, Sendable, Equatable {
    /// Top-level members as chat completions call them. Of `max_tokens` and `max_completion_tokens` the one is sent as
    /// the other.
    private(set) var names: Set<String> = []
    /// Messages go up with the API's own members alone.
    private(set) var strictMessages = false

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// Clients may send whatever they like; more than this is not remembered.
    private static let mostNames = 64

    /// Without these the request would be another one; it goes to another provider.
    private static let kept: Set<String> = [
        "model", "messages", "stream", "tools", "tool_choice", "response_format", "n", "stop", "functions",
        "function_call", "modalities", "audio",
    ]
    /// What clients keep in their messages beyond what the API names.
    private static let messageMembers: Set<String> = [
        "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "annotations", "refusal", "audio",
        "function_call", "cache_control", "extra_content", "provider_specific_fields",
    ]

    /// Takes a refusal in.
    /// - Parameters:
    ///   - names: as the provider wrote them.
    ///   - sent: the members that went up, as chat completions call them.
    ///   - ours: what a name of the provider's stands for in a chat completion.
    /// - Returns: whether the request will be another one for it.
    mutating func learn(_ names: [String], sent: Set<String>, ours: (String) -> [String]) -> Bool {
        for name in names {
            let path = name.split(separator: ".")
            guard let first = path.first.map(String.init) else { continue }
            if self.names.count < Self.mostNames, let member = sentMember(first, sent: sent, ours: ours) {
                self.names.insert(member)
                return true
            }
            let isMessageMember = path.count > 2 && first == "messages" || Self.messageMembers.contains(name)
            if isMessageMember, !strictMessages {
                strictMessages = true
                return true
            }
        }
        return false
    }

    private func sentMember(_ name: String, sent: Set<String>, ours: (String) -> [String]) -> String? {
        let candidates = Set(([name] + ours(name)).map(Self.plain))
        return sent.filter { !Self.kept.contains($0) && !names.contains($0) && candidates.contains(Self.plain($0)) }
            .min()
    }

    /// `presencePenalty` and `presence_penalty` are one name.
    private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}

extension Route {
    /// Takes a refusal in; whether it is worth asking again without what was refused.
    func learn(refused names: [String], in request: ChatRequest) -> Bool {
        let sent = request.sentMembers(quirks: quirks)
        let dialect = provider.dialect.dialect
        return experience.learn { refused in
            refused.learn(names, sent: sent) { theirs in
                let renamed = quirks.renameParameters.filter { $0.value.lowercased() == theirs }.map(\.key)
                return renamed + (dialect?.members(named: theirs) ?? [])
            }
        }
    }
}
