/// What a model of this API takes, told from its name: the API refuses what a model's generation does not know.
///
/// Sources: platform.claude.com/docs, "Extended thinking", "Adaptive thinking", "Structured outputs", "Prefill not
/// supported", and the refusals of the API.
struct AnthropicModel {
    enum Thinking {
        case none
        /// `{"type":"enabled","budget_tokens":N}`.
        case budget
        /// `{"type":"adaptive"}`, and `output_config.effort`.
        case adaptive
    }

    /// 405 for 4.5; `nil` for models of others, who take what the API took when they copied it.
    private let version: Int?
    private let isOpus: Bool

    init(_ name: String) {
        let name = name.lowercased()
        isOpus = name.contains("opus")
        guard name.contains("claude") else {
            version = nil
            return
        }
        let words = name.split { !($0.isLetter || $0.isNumber) }.drop { $0 != "claude" }
        // `claude-3-5-sonnet-20241022`, `claude-sonnet-4-20250514`, `claude-opus-4-7`: a date has more digits.
        let numbers = words.drop { $0.count > 2 || Int($0) == nil }.prefix(2).map { $0.count > 2 ? nil : Int($0) }
        guard let major = numbers.first ?? nil else {
            version = 9_999
            return
        }
        version = major * 100 + ((numbers.count > 1 ? numbers[1] : nil) ?? 0)
    }

    private func isAtLeast(_ least: Int) -> Bool { version.map { $0 >= least } ?? false }

    var thinking: Thinking {
        guard let version else { return .budget }
        if version < 307 { return .none }
        return version < 406 ? .budget : .adaptive
    }

    /// `temperature`, `top_p`, `top_k`.
    var takesSampling: Bool { !isAtLeast(407) }
    /// `temperature` beside `top_p`.
    var takesBothSamplers: Bool { !isAtLeast(401) }
    /// Going on with an assistant's text that is already there.
    var takesPrefill: Bool { !isAtLeast(406) }
    /// `output_config.format`.
    var enforcesSchemas: Bool { isAtLeast(isOpus ? 401 : 405) }
    var takesExtraEffort: Bool { isAtLeast(407) }
    /// Thinking is left out of the answer unless its summary is asked for.
    var omitsThinking: Bool { isAtLeast(407) }
}
