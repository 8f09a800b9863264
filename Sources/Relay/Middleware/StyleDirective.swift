import Clients

/// The chain's fourth stage: tells the model what `Normalize` would otherwise have to repair.
struct StyleDirective: Sendable {
    private let inject: Settings.Style.Inject
    /// Escaped once, since it goes into nearly every prompt; `nil` where there is none.
    private let directive: JSONFragment?

    init(inject: Settings.Style.Inject, text: String) {
        self.inject = inject
        directive = text.isEmpty ? nil : JSONFragment(text)
    }

    /// The directive for this request; `nil` where it has no place. `wish` is the client's own word
    /// (`X-Use-ServerSide-System-Prompt`).
    func directive(for request: ChatRequest, isMeta: Bool, wish: Bool?) -> JSONFragment? {
        guard let directive, !request.endsWithAssistant, request.origin != .fillIn else { return nil }
        if let wish { return wish ? directive : nil }
        return switch inject {
        case .always: directive
        case .never: nil
        case .auto: isMeta && request.tools == nil ? directive : nil
        }
    }
}

/// Text in the form that it has inside a JSON string, without quotes.
struct JSONFragment: Sendable, Equatable {
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(JSONText.quoted(text).utf8.dropFirst().dropLast())
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Paragraphs, an empty line between them.
    static func joined(_ fragments: [JSONFragment]) -> JSONFragment {
        JSONFragment(bytes: Array(fragments.map(\.bytes).joined(separator: Array(#"\n\n"#.utf8))))
    }
}
