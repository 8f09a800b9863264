/// The arguments of a tool call as a model wrote them: repaired when, and only when, they are no valid JSON.
package enum ToolArguments: Sendable, Equatable {
    /// Valid as they stand.
    case valid
    /// An object that says what they were meant to.
    case repaired([UInt8])
    /// Nothing like an object is in them.
    case unreadable

    /// Reads the arguments of one call, whole. None at all are an empty object.
    package static func read(_ text: UnsafeRawBufferPointer, truncated: Bool = false) -> ToolArguments {
        if JSONScan.isDocument(text, isEscaped: false) || JSONValidator.isValid(text) { return .valid }
        if text.allSatisfy(\.isSpace) { return .repaired([.openBrace, .closeBrace]) }
        var normalizer = TextNormalizer(rules(.json))
        let piece = normalizer.append(text)
        let end = normalizer.finish(truncated: truncated)
        let result = (piece.passesUnchanged ? Array(text) : piece.text) + end.text
        guard end.jsonIsValid == true else { return .unreadable }
        if result.first == .openBrace { return .repaired(result) }
        // The same object more than once: a provider sent the whole again behind its pieces.
        guard let objects = JSONMembers.elements(of: result[...]), let first = objects.first, first.first == .openBrace,
            objects.allSatisfy({ $0 == first })
        else { return .unreadable }
        return .repaired(Array(first))
    }

    /// Whether they are valid, asked of bytes that are still the inside of a JSON string; false where that takes a
    /// closer look.
    package static func areSurelyValid(escaped text: UnsafeRawBufferPointer) -> Bool {
        JSONScan.isDocument(text, isEscaped: true)
    }

    /// For arguments that come in pieces: a normalizer by these rules lets them through as they come while they are
    /// valid, and closes or mends the rest at the end. It gives the same text as `read`, but that what follows on a whole
    /// object comes too late to be held against it.
    package static let streamed = rules(.arguments)

    private static func rules(_ expecting: ExpectedOutput) -> NormalizeRules {
        var settings = NormalizeSettings()
        settings.think = false
        return NormalizeRules(settings: settings, expecting: expecting, offeredTools: [])
    }
}
