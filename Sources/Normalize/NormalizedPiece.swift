/// A tool call that the model wrote as text.
package struct RescuedToolCall: Sendable, Equatable {
    /// One of the offered tools.
    package var name: String
    /// The text of a JSON object.
    package var arguments: String

    package init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}

/// What became of one piece of an answer.
package struct NormalizedPiece: Sendable, Equatable {
    /// Emit exactly the piece that was given; nothing was held before it and the other members are empty.
    package var passesUnchanged = false
    /// Otherwise: what may be emitted now. Empty while everything is held back.
    package var text: [UInt8] = []
    /// Text that belongs to the reasoning.
    package var reasoning: [UInt8] = []
    package var toolCalls: [RescuedToolCall] = []

    package init() {}

    static let unchanged = {
        var piece = NormalizedPiece()
        piece.passesUnchanged = true
        return piece
    }()
}

/// What is left when the answer has ended.
package struct NormalizedEnd: Sendable, Equatable {
    package var text: [UInt8] = []
    package var reasoning: [UInt8] = []
    package var toolCalls: [RescuedToolCall] = []
    /// Whether all emitted text together is one JSON document; `nil` where JSON was not asked for or the rule is off.
    package var jsonIsValid: Bool?

    package init() {}
}

/// A whole answer after all rules.
package struct NormalizedAnswer: Sendable, Equatable {
    package var text: String
    package var reasoning: String
    package var toolCalls: [RescuedToolCall]
    package var jsonIsValid: Bool?
    package var changes: [NormalizeRule: Int]
}
