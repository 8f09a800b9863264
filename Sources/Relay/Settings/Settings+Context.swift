extension Settings {
    /// Which part of a history is sent.
    struct Context: Sendable, Equatable {
        var managementMode = ManagementMode.adaptive
        var pruneWhen = PruneWhen.overBudget
        var staticRecentKeep = 10
        var dynamicUtilizationTarget = 0.8
        var dynamicMinUtilization = 0.3
        var dynamicMaxBoost = 1.5
        var reservoirRecentKeep = 15
        var reservoirSummaryBudget = 400
        var handoff = Handoff.off

        /// Whether a model is told that it goes on with another's conversation.
        enum Handoff: String, SettingChoice {
            case off
            case onModelSwitch = "on_model_switch"
        }

        /// How messages are chosen.
        enum ManagementMode: String, SettingChoice {
            /// System messages and the last few.
            case `static`
            /// A budget that follows recent real usage.
            case dynamic
            /// Recent messages verbatim and a summary of the older ones.
            case reservoir
            /// `reservoir` or `static`, as the task needs it.
            case adaptive
            case disabled
        }

        /// When the mode acts.
        enum PruneWhen: String, SettingChoice {
            case overBudget = "over_budget"
            case always
        }
    }

    /// The summary of what was left out of a history.
    struct Summarization: Sendable, Equatable {
        var enabled = true
        var mode = Mode.extractive
        /// Bounds the summary beside `context.reservoir_summary_budget`.
        var maxTokens: Int?
        var timeoutMilliseconds = 2000
        var fallbackToExtractive = true

        /// Who writes it.
        enum Mode: String, SettingChoice {
            /// Relay, out of the conversation's own sentences.
            case extractive
            /// A model. Not offered: read as `extractive`, or as no summary without `fallback_to_extractive`.
            case llm
        }
    }

    /// The directive that is appended to the client's system message.
    struct Style: Sendable, Equatable {
        var inject = Inject.auto
        var text = """
            Write the answer itself and begin with its content: no greeting, no announcement such as "Certainly", \
            "Sure", "Here is" or "Let me", and nothing about being an AI or a language model. When JSON is asked for, \
            reply with the JSON alone, without a code fence and without text around it. Close every code block that \
            you open and name its language; use Markdown only where it helps. Answer in the language of the question. \
            Stop when the answer is complete: no summary of what you did, no offer of further help.
            """

        /// Which requests get it.
        enum Inject: String, SettingChoice {
            /// Text on the meta-model, without tools.
            case auto
            case always
            case never
        }
    }

    /// Tokens that a summary may take; 0 when there is to be none.
    var summaryTokenBudget: Int {
        let isPossible = summarization.mode == .extractive || summarization.fallbackToExtractive
        guard summarization.enabled, isPossible else { return 0 }
        return min(context.reservoirSummaryBudget, summarization.maxTokens ?? .max)
    }
}
