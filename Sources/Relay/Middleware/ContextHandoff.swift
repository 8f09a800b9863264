/// The chain's third stage: tells a model that it goes on with a conversation which another had begun.
///
/// The history itself it is given anyway; without the note some models greet, begin anew or disown what was said.
struct ContextHandoff: Sendable {
    let when: Settings.Context.Handoff

    /// For the turn in which the conversation goes from `former` to `route`; `nil` where it stays with its model.
    func note(from former: Route?, to route: Route, for request: ChatRequest) -> JSONFragment? {
        guard when == .onModelSwitch, let former, !Self.isSame(former.model.name, route.model.name),
            request.messages.contains(where: { $0.role == .assistant }), !request.endsWithAssistant,
            request.origin != .fillIn
        else { return nil }
        return Self.note
    }

    /// Providers write the same model with other publishers before its name and other tags behind it.
    static func isSame(_ one: String, _ other: String) -> Bool { bare(one) == bare(other) }

    private static func bare(_ name: String) -> Substring {
        let own = name.lowercased().split(separator: "/").last ?? ""
        return own.hasSuffix(":free") ? own.dropLast(":free".count) : own
    }

    private static let note = JSONFragment(
        """
        The assistant's earlier turns in this conversation were written by another model. Continue as the same assistant: \
        keep to what was said, decided and begun, in the same language, style and format, and do not mention the change.
        """
    )
}
