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
    private var first: TextNormalizer?
    private var others: [Int: TextNormalizer] = [:]

    init(_ plan: Normalization.Plan?) {
        self.plan = plan
        first = plan?.normalizer()
    }

    /// Runs `body` on the choice's normalizer, in place; `nil` where no rule may act.
    mutating func with<Result>(_ index: Int, _ body: (inout TextNormalizer) -> Result) -> Result? {
        guard let plan else { return nil }
        if index == 0, first != nil {
            return first.mutate(body)
        }
        var normalizer = others.removeValue(forKey: index) ?? plan.normalizer()
        defer { others[index] = normalizer }
        return body(&normalizer)
    }

    /// What changed, over all choices.
    var changes: [NormalizeRule: Int] {
        var changes = first?.changes ?? [:]
        for normalizer in others.values { changes.merge(normalizer.changes, uniquingKeysWith: +) }
        return changes
    }
}

extension Optional {
    /// Works on the wrapped value where it lies.
    fileprivate mutating func mutate<Result>(_ body: (inout Wrapped) -> Result) -> Result? {
        switch self {
        case .none: return nil
        case .some(var value):
            self = .none
            defer { self = .some(value) }
            return body(&value)
        }
    }
}
