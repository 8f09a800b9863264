/// How much a request wants to have thought about it: `reasoning_effort`, OpenRouter's `reasoning`, or the API's own
/// `thinking`, which is said to providers of chat completions too.
struct AnthropicThinking {
    var effort: String?
    private var budget: Int?
    private var isWanted: Bool?

    static let leastBudget = 1024
    /// What is left to the answer where the request names no length.
    private static let usualAnswer = 4096

    mutating func read(reasoning: JSONView) {
        effort = reasoning["effort"]?.string ?? effort
        budget = reasoning["max_tokens"]?.integer ?? budget
        if let enabled = reasoning["enabled"] { isWanted = enabled.isTrue }
    }

    mutating func read(thinking: JSONView) {
        guard let type = thinking["type"] else { return }
        isWanted = !type.equals("disabled")
        budget = thinking["budget_tokens"]?.integer ?? budget
    }

    private var asksForThinking: Bool {
        isWanted ?? (budget != nil || (effort.map { $0 != "none" } ?? false))
    }

    func plan(for model: AnthropicModel, maxTokens: Int?) -> Plan {
        var plan = Plan(maxTokens: max(1, maxTokens ?? Self.usualAnswer))
        switch model.thinking {
        case .none: break
        case .budget where asksForThinking:
            guard let maxTokens else {
                plan.thinking = .budget(max(Self.leastBudget, wantedBudget))
                plan.maxTokens = max(Self.leastBudget, wantedBudget) + Self.usualAnswer
                break
            }
            // The budget must be under the whole, and something must be left to say.
            let most = min(maxTokens - 1, max(maxTokens * 4 / 5, Self.leastBudget))
            if most >= Self.leastBudget { plan.thinking = .budget(max(Self.leastBudget, min(wantedBudget, most))) }
        case .budget: break
        case .adaptive:
            plan.effort = effortName(model)
            if asksForThinking {
                plan.thinking = .adaptive(showsSummary: model.omitsThinking)
                if maxTokens == nil { plan.maxTokens = 4 * Self.usualAnswer }
            }
        }
        return plan
    }

    private var wantedBudget: Int {
        if let budget { return budget }
        switch effort {
        case "minimal": return 1024
        case "low": return 2048
        case "high", "xhigh", "max": return 16_384
        default: return 8192
        }
    }

    private func effortName(_ model: AnthropicModel) -> String? {
        switch effort {
        case "none", "minimal", "low": return "low"
        case "medium", "high", "max": return effort
        case "xhigh": return model.takesExtraEffort ? "xhigh" : "high"
        default: break
        }
        guard asksForThinking, let budget else { return nil }
        return budget < 4096 ? "low" : budget < 16_384 ? "medium" : "high"
    }

    /// What is sent of it.
    struct Plan {
        enum Thinking {
            case budget(Int)
            case adaptive(showsSummary: Bool)
        }

        fileprivate(set) var thinking: Thinking?
        fileprivate(set) var effort: String?
        /// Thoughts count as part of the answer.
        fileprivate(set) var maxTokens: Int

        var isThinking: Bool { thinking != nil }

        mutating func stopThinking(maxTokens: Int?) {
            thinking = nil
            self.maxTokens = max(1, maxTokens ?? AnthropicThinking.usualAnswer)
        }

        func write(into json: inout JSONBuilder) {
            guard let thinking else { return }
            json.member("thinking") {
                $0.object {
                    switch thinking {
                    case .budget(let tokens):
                        $0.member("type", "enabled")
                        $0.member("budget_tokens", tokens)
                    case .adaptive(let showsSummary):
                        $0.member("type", "adaptive")
                        if showsSummary { $0.member("display", "summarized") }
                    }
                }
            }
        }
    }
}
