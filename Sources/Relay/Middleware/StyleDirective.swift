/// The chain's third stage: tells the model what `Normalize` would otherwise have to repair.
struct StyleDirective: Sendable {
    let inject: Settings.Style.Inject
    let text: String

    /// The directive for this request; `nil` where it has no place. `wish` is the client's own word
    /// (`X-Use-ServerSide-System-Prompt`).
    func directive(for request: ChatRequest, isMeta: Bool, wish: Bool?) -> String? {
        guard !text.isEmpty, !request.endsWithAssistant else { return nil }
        if let wish { return wish ? text : nil }
        return switch inject {
        case .always: text
        case .never: nil
        case .auto: isMeta && request.tools == nil ? text : nil
        }
    }
}
