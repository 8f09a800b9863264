/// Which rules may act on the answers of a model. All do, unless switched off.
package struct NormalizeSettings: Sendable, Equatable {
    /// Strips an opener that carries nothing ("Certainly!").
    package var preamble = true
    /// Moves a leading `<think>…</think>` to the reasoning.
    package var think = true
    /// Closes fences, removes empty code blocks and trailing blanks.
    package var markdown = true
    /// Takes JSON out of fences and talk and repairs it, where JSON was asked for.
    package var json = true
    /// Makes a tool call that was written as text a real one, where tools were offered.
    package var toolRescue = true

    package init() {}
}

/// What the request asked the answer to be.
package enum ExpectedOutput: Sendable {
    case text
    /// `response_format` is `json_object` or `json_schema`.
    case json
    /// A tool call's: an object.
    case arguments
}
