/// What the chain's stages want to be changed in a prompt before it goes to one candidate.
///
/// Stages decide, the rendering splices: nobody touches the client's bytes before a route is known.
struct PromptEdits: Sendable, Equatable {
    /// Indexes of messages that are left out.
    var dropped: Set<Int> = []
    /// New text for messages that stay, shortened.
    var shortened: [Int: String] = [:]
    /// A summary of what was left out; goes to the system text.
    var summary: JSONFragment?
    /// That another model began the conversation; goes to the system text, too.
    var handoff: JSONFragment?
    /// Appended to the client's own system message, or sent as one where there is none.
    var styleDirective: JSONFragment?
    /// Sent instead of what the client asked for.
    var maxTokens: Int?
    /// The provider is told to search the web, in its own way.
    var searchesWeb = false

    static let none = PromptEdits()

    /// All that goes to the system text.
    var systemText: JSONFragment? {
        // Most prompts are given the style alone.
        if summary == nil, handoff == nil { return styleDirective }
        let fragments = [summary, handoff, styleDirective].compactMap(\.self)
        return fragments.count == 1 ? fragments[0] : .joined(fragments)
    }

    private var hasSystemText: Bool { summary != nil || handoff != nil || styleDirective != nil }

    var touchesMessages: Bool {
        hasSystemText || !dropped.isEmpty || !shortened.isEmpty
    }
}
