import Clients
import Normalize

/// The chain's last stage: which rules apply to the answers of one request, and the counts of what they changed.
///
/// The rules themselves are the `Normalize` module's; this decides where they may act at all.
struct Normalization: Sendable {
    let settings: NormalizeSettings

    /// How the text of this request's answers is treated; `nil` where nothing may act.
    func plan(for request: ChatRequest) -> Plan? {
        guard request.allowsNormalization, settings.actsAtAll else { return nil }
        return Plan(
            settings: settings,
            expecting: request.responseFormat == .text ? .text : .json,
            offeredTools: settings.toolRescue ? request.toolNames() : []
        )
    }

    struct Plan: Sendable {
        let settings: NormalizeSettings
        let expecting: ExpectedOutput
        let offeredTools: Set<String>

        /// A normalizer for one choice; choices do not share state.
        func normalizer() -> TextNormalizer {
            TextNormalizer(settings: settings, expecting: expecting, offeredTools: offeredTools)
        }
    }
}

extension NormalizeSettings {
    var actsAtAll: Bool { preamble || think || markdown || json || toolRescue }
}

/// The normalizers of a request's choices, by index.
struct ChoiceNormalizers: Sendable {
    private let plan: Normalization.Plan?
    /// Of the first choices in order, nearly always one; in an array, so that they are changed where they lie.
    private var normalizers: [TextNormalizer]
    private var others: [Int: TextNormalizer] = [:]

    init(_ plan: Normalization.Plan?) {
        self.plan = plan
        normalizers = plan.map { [$0.normalizer()] } ?? []
    }

    /// Runs `body` on the choice's normalizer, in place; `nil` where no rule may act.
    mutating func with<Result>(_ index: Int, _ body: (inout TextNormalizer) -> Result) -> Result? {
        guard let plan else { return nil }
        if normalizers.indices.contains(index) { return body(&normalizers[index]) }
        return body(&others[index, default: plan.normalizer()])
    }

    /// What changed, over all choices.
    var changes: [NormalizeRule: Int] {
        var changes: [NormalizeRule: Int] = [:]
        for normalizer in normalizers + others.values { changes.merge(normalizer.changes, uniquingKeysWith: +) }
        return changes
    }
}
