import Clients
import NIOCore
import Normalize

/// The chain's last stage: which rules apply to the answers of one request, and the counts of what they changed.
///
/// The rules themselves are the `Normalize` module's; this decides where they may act at all.
struct Normalization: Sendable {
    private let settings: NormalizeSettings
    /// Of texts in whose request no tool is offered: the most are, and share it.
    private let plain: Plan

    init(settings: NormalizeSettings) {
        self.settings = settings
        plain = Plan(rules: NormalizeRules(settings: settings, expecting: .text, offeredTools: []), schema: nil)
    }

    /// How the answers to this request are treated; `nil` where nothing may act. Citations point at places in a text, which
    /// then stays as it is.
    func plan(for request: ChatRequest, searchesWeb: Bool = false) -> Plan? {
        guard request.allowsNormalization, settings.actsAtAll else { return nil }
        guard !searchesWeb || request.responseFormat != .text else { return nil }
        if request.responseFormat == .text, request.tools == nil { return plain }
        return Plan(
            rules: NormalizeRules(
                settings: settings,
                expecting: request.responseFormat == .text ? .text : .json,
                offeredTools: settings.toolRescue ? request.toolNames() : []
            ),
            schema: settings.json ? request.schema() : nil
        )
    }

    final class Plan: Sendable {
        let rules: NormalizeRules
        /// What the text has to be; `nil` where none was given, or one that cannot be read.
        let schema: JSONSchema?

        init(rules: NormalizeRules, schema: JSONSchema?) {
            self.rules = rules
            self.schema = schema
        }
    }
}

extension NormalizeSettings {
    var actsAtAll: Bool { preamble || think || markdown || json || toolRescue }
}

extension ChatRequest {
    /// `response_format.json_schema.schema`.
    fileprivate func schema() -> JSONSchema? {
        guard responseFormat == .jsonSchema, let format = member(.responseFormat) else { return nil }
        return body.withUnsafeReadableBytes { bytes in
            guard let outer = JSONKey.member("json_schema", of: format.value, bytes),
                let schema = JSONKey.member("schema", of: outer, bytes)
            else { return nil }
            return try? JSONSchema(Array(bytes[schema.range]))
        }
    }
}

/// The normalizers of a request's choices, by index.
struct ChoiceNormalizers: Sendable {
    private let rules: NormalizeRules?
    /// Of the first choices in order, nearly always one; in an array, so that they are changed where they lie.
    private var normalizers: [TextNormalizer]
    private var others: [Int: TextNormalizer] = [:]

    init(_ rules: NormalizeRules?) {
        self.rules = rules
        normalizers = rules.map { [$0.normalizer()] } ?? []
    }

    /// Runs `body` on the choice's normalizer, in place; `nil` where no rule may act.
    mutating func with<Result>(_ index: Int, _ body: (inout TextNormalizer) -> Result) -> Result? {
        guard let rules else { return nil }
        if normalizers.indices.contains(index) { return body(&normalizers[index]) }
        return body(&others[index, default: rules.normalizer()])
    }

    /// What changed, over all choices.
    var changes: [NormalizeRule: Int] {
        var changes: [NormalizeRule: Int] = [:]
        for normalizer in normalizers { changes.merge(normalizer.changes, uniquingKeysWith: +) }
        for normalizer in others.values { changes.merge(normalizer.changes, uniquingKeysWith: +) }
        return changes
    }
}
