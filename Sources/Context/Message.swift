/// One message of a history, as the context stage sees it.
package struct Message: Sendable, Equatable {
    /// `developer` counts as `system`.
    package enum Role: Sendable { case system, user, assistant, tool }

    package var role: Role
    /// The text parts, joined; what tools are called with is in `calls`.
    package var text: String
    /// The tool calls an assistant message makes.
    package var calls: [Call]
    /// Ids of the calls that this message answers: one on a tool message, several on an Anthropic user message.
    package var resultOf: [String]
    /// The whole cost: text, images, calls, ids and the overhead of a message.
    package var tokens: Int

    package struct Call: Sendable, Equatable {
        package var id: String
        package var name: String
        /// JSON, as the model wrote it.
        package var arguments: String

        package init(id: String, name: String, arguments: String) {
            self.id = id
            self.name = name
            self.arguments = arguments
        }
    }

    /// - Parameter tokens: `nil` has `estimator` count; give it where the message holds more than text and calls.
    package init(
        role: Role,
        text: String,
        calls: [Call] = [],
        resultOf: [String] = [],
        tokens: Int? = nil,
        estimator: TokenEstimator = TokenEstimator()
    ) {
        self.role = role
        self.text = text
        self.calls = calls
        self.resultOf = resultOf
        self.tokens = tokens ?? estimator.tokens(text: text, calls: calls, resultOf: resultOf)
    }
}

extension Message {
    /// What the message would cost with another text, everything else as it is.
    func tokens(withText replacement: String, estimator: TokenEstimator) -> Int {
        let rest = tokens - estimator.tokens(in: text)
        return max(TokenEstimator.perMessage, rest) + estimator.tokens(in: replacement)
    }

    /// Nothing to read in it: no text, no call, no result, and no cost that would tell of an image.
    var isEmpty: Bool {
        calls.isEmpty && resultOf.isEmpty && tokens <= TokenEstimator.perMessage + text.utf8.count
            && text.allSatisfy(\.isWhitespace)
    }
}
