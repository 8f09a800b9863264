import Clients
import Context
import NIOCore
import Synchronization

/// The chain's second stage: makes a history fit the candidate it is about to go to.
///
/// Falling over to a smaller window fits again; a history that fits is not touched, unless `prune_when` says so.
struct ContextWindow: Sendable {
    let settings: ContextSettings
    let corrections: TokenCorrections

    /// What a candidate would be sent.
    enum Fit: Sendable {
        case whole(tokens: Int)
        case pruned(PromptEdits, Report)
        case overflow(needed: Int, budget: Int)
    }

    /// As shown in `X-Relay-Context`.
    struct Report: Sendable, Equatable {
        var mode: String
        var kept: Int
        var total: Int
        var tokens: Int
        var budget: Int

        var text: String { "\(mode); kept=\(kept)/\(total); tokens=\(tokens)/\(budget)" }
    }

    /// Histories longer than this are fitted on another thread.
    static let offloadBytes = 256 * 1024

    /// The estimate of a prompt for one model, from a sample of its text: near enough to reserve quota with.
    func estimate(_ request: ChatRequest, facts: PromptFacts, for route: Route) -> Int {
        Int((Double(facts.tokens) * corrections.factor(of: route)).rounded(.up))
    }

    /// Room for the prompt: the window less the answer's room and the tools, capped by what one request may take.
    func budget(_ request: ChatRequest, facts: PromptFacts, for route: Route, shrunkTo cap: Int?) -> Int? {
        let learned = route.account.learnedSizes(slot: route.slot)
        let window = [route.model.maxContextLength, learned.window].compactMap { $0 }.min()
        var budget: Int?
        if let window {
            let outputs = [request.maxTokens, route.model.maxOutputTokens, learned.maxOutputTokens, window / 4]
            budget = window - (outputs.compactMap { $0 }.min() ?? window / 4)
        }
        let limits = [
            route.model.maxInputTokens, route.model.limits.tokensPerMinute,
            route.provider.accountLimits.tokensPerMinute, cap,
        ]
        budget = (limits + [budget]).compactMap { $0 }.min()
        return budget.map { max(0, $0 - facts.toolTokens) }
    }

    /// Whether the estimate leaves no doubt that the history goes whole.
    func surelyFits(_ request: ChatRequest, facts: PromptFacts, for route: Route, shrunkTo cap: Int?) -> Bool {
        if settings.mode == .disabled { return true }
        guard settings.pruneWhen == .overBudget else { return false }
        guard let budget = budget(request, facts: facts, for: route, shrunkTo: cap) else { return true }
        return estimate(request, facts: facts, for: route) * 5 / 4 - facts.toolTokens <= budget
    }

    /// Fits the history to the candidate. `history` is read from the request once and kept for the next candidate.
    func fit(
        _ request: ChatRequest,
        facts: PromptFacts,
        to route: Route,
        shrunkTo cap: Int?,
        recentUsage: RecentUsage?
    ) -> Fit {
        let whole = estimate(request, facts: facts, for: route)
        if surelyFits(request, facts: facts, for: route, shrunkTo: cap) { return .whole(tokens: whole) }
        guard let budget = budget(request, facts: facts, for: route, shrunkTo: cap) else {
            return .whole(tokens: whole)
        }
        let estimator = TokenEstimator(model: route.model.name, correction: corrections.factor(of: route))
        let history = ContextHistory.read(request, estimator: estimator)
        do throws(ContextOverflow) {
            let pruner = Pruner(settings: settings, estimator: estimator)
            let plan = try pruner.prune(history, toFit: budget, recentUsage: recentUsage)
            guard !plan.changesNothing else { return .whole(tokens: plan.tokens + facts.toolTokens) }
            var edits = PromptEdits()
            edits.dropped = Set(request.messages.indices).subtracting(plan.kept)
            edits.shortened = plan.shortened
            edits.summary = plan.summary?.text
            let report = Report(
                mode: plan.mode.rawValue,
                kept: plan.kept.count,
                total: plan.total,
                tokens: plan.tokens,
                budget: budget
            )
            return .pruned(edits, report)
        } catch {
            return .overflow(needed: error.needed, budget: error.budget)
        }
    }
}

/// What every candidate's estimate is made of; counted once per request.
struct PromptFacts: Sendable {
    /// All messages and tools, uncorrected.
    var tokens: Int
    /// Of these, tools and response schema.
    var toolTokens: Int

    /// An image, as most providers count one of usual size.
    static let imageTokens = 1000
    static let audioTokens = 1500

    init(_ request: ChatRequest) {
        var messageTokens = TokenEstimator.perRequest
        var bytesOfTools = 0
        let sample = request.body.withUnsafeReadableBytes { bytes in
            var sampler = TokenSampler()
            for message in request.messages {
                messageTokens += TokenEstimator.perMessage
                messageTokens += message.images * Self.imageTokens + message.audios * Self.audioTokens
                if let content = message.content, content.isString {
                    sampler.add(UnsafeRawBufferPointer(rebasing: bytes[content.range]))
                } else if message.images == 0, message.audios == 0 {
                    sampler.add(UnsafeRawBufferPointer(rebasing: bytes[message.range]))
                } else {
                    messageTokens += message.textBytes / 4
                }
                if let calls = message.toolCalls {
                    sampler.add(UnsafeRawBufferPointer(rebasing: bytes[calls.range]))
                }
            }
            if let tools = request.tools { bytesOfTools += tools.range.count }
            if request.responseFormat == .jsonSchema, let format = request.member("response_format") {
                bytesOfTools += format.value.range.count
            }
            return sampler.tokens
        }
        toolTokens = bytesOfTools / 4
        tokens = messageTokens + sample + toolTokens
    }
}

/// Estimates long texts from evenly spaced pieces of them: a reservation need not be exact, and reading every byte of
/// a long history would cost more than sending it.
struct TokenSampler {
    private static let wholeBytes = 1024
    private static let pieceBytes = 256

    private var estimated = 0.0
    /// Made once: finding a tokenizer's habits by its name takes longer than reading a sample.
    private static let estimator = TokenEstimator()

    var tokens: Int { Int(estimated.rounded(.up)) }

    mutating func add(_ text: UnsafeRawBufferPointer) {
        guard text.count > Self.wholeBytes else {
            estimated += Double(Self.estimator.tokens(inUTF8: text))
            return
        }
        let pieces = Self.wholeBytes / Self.pieceBytes
        let step = (text.count - Self.pieceBytes) / (pieces - 1)
        var sampled = 0
        for piece in 0..<pieces {
            var start = piece * step
            // A piece begins at a character.
            while start < text.count, text[start] & 0xC0 == 0x80 { start += 1 }
            let end = min(text.count, start + Self.pieceBytes)
            sampled += Self.estimator.tokens(inUTF8: UnsafeRawBufferPointer(rebasing: text[start..<end]))
        }
        estimated += Double(sampled) * Double(text.count) / Double(pieces * Self.pieceBytes)
    }
}

/// How far each route's tokenizer is from the estimate, learned from the usage its provider reports.
final class TokenCorrections: Sendable {
    private let corrections = Mutex<[String: TokenCorrection]>([:])

    func factor(of route: Route) -> Double {
        corrections.withLock { $0[route.name]?.factor ?? 1 }
    }

    func observe(estimated: Int, reported: Int, of route: Route) {
        corrections.withLock { $0[route.name, default: TokenCorrection()].observe(estimated: estimated, reported: reported) }
    }
}
