import Clients
import Context
import NIOCore
import Synchronization

/// The chain's second stage: makes a history fit the candidate it is about to go to.
///
/// Falling over to a smaller window fits again; a history that fits is not touched, unless `prune_when` says so.
final class ContextWindow: Sendable {
    let settings: ContextSettings
    let recentUsages: RecentUsages
    let histories: HistoryIndexCache

    init(settings: ContextSettings, recentUsages: RecentUsages, histories: HistoryIndexCache) {
        self.settings = settings
        self.recentUsages = recentUsages
        self.histories = histories
    }

    /// What a candidate would be sent.
    enum Fit: Sendable {
        case whole(tokens: Int)
        case pruned(PromptEdits, Report)
        /// `window` is what the model or its provider takes in all, `budget` what of it is left for the prompt.
        case overflow(needed: Int, budget: Int, window: Int)
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

    /// Room for the prompt: the window less the answer's room and the tools, capped by what one request may take.
    private func budget(
        _ request: ChatRequest,
        facts: PromptFacts,
        for route: Route,
        learned: LearnedSizes,
        shrunkTo cap: Int?
    ) -> Int? {
        let limits = route.promptLimits
        var budget = cap
        budget.lower(to: limits.prompt)
        var window = limits.window
        window.lower(to: learned.window)
        if let window {
            var answer: Int? = window / 4
            answer.lower(to: request.maxTokens)
            answer.lower(to: limits.answer)
            answer.lower(to: learned.maxOutputTokens)
            budget.lower(to: window - (answer ?? 0))
        }
        return budget.map { max(0, $0 - facts.toolTokens) }
    }

    /// Whether the estimate leaves no doubt that the history goes whole.
    func surelyFits(
        _ request: ChatRequest,
        facts: PromptFacts,
        for route: Route,
        learned: LearnedSizes? = nil,
        shrunkTo cap: Int?
    ) -> Bool {
        if settings.mode == .disabled { return true }
        guard settings.pruneWhen == .overBudget else { return false }
        let learned = learned ?? route.account.learnedSizes(slot: route.slot)
        guard let budget = budget(request, facts: facts, for: route, learned: learned, shrunkTo: cap) else {
            return true
        }
        return facts.tokens(for: route) * 5 / 4 - facts.toolTokens <= budget
    }

    /// Learns from what a provider reports: how far the estimate was off, and how full the budget was.
    func observe(_ usage: TokenUsage, estimated: Int?, budget: Int?, session: PinKey?, of route: Route) {
        if let estimated { route.experience.observe(estimated: estimated, reported: usage.promptTokens) }
        if settings.mode == .dynamic, let session, let budget {
            recentUsages.note(promptTokens: usage.promptTokens, budget: budget, of: session)
        }
    }

    /// Fits the history to the candidate.
    func fit(
        _ request: ChatRequest,
        facts: PromptFacts,
        to route: Route,
        shrunkTo cap: Int?,
        session: PinKey?
    ) -> Fit {
        let whole = facts.tokens(for: route)
        let learned = route.account.learnedSizes(slot: route.slot)
        if surelyFits(request, facts: facts, for: route, learned: learned, shrunkTo: cap) {
            return .whole(tokens: whole)
        }
        guard let budget = budget(request, facts: facts, for: route, learned: learned, shrunkTo: cap) else {
            return .whole(tokens: whole)
        }
        // How full the session's prompts have been; only `dynamic` asks.
        let recentUsage = settings.mode == .dynamic ? session.flatMap { recentUsages[$0] } : nil
        let memory = session.map { HistoryMemory(cache: histories, of: $0) }
        let estimator = TokenEstimator(for: route)
        let history = ContextHistory.read(request, estimator: estimator)
        do throws(ContextOverflow) {
            let pruner = Pruner(settings: settings, estimator: estimator)
            let plan = try pruner.prune(history, toFit: budget, recentUsage: recentUsage, memory: memory)
            guard !plan.changesNothing else { return .whole(tokens: plan.tokens + facts.toolTokens) }
            var edits = PromptEdits()
            edits.dropped = Set(request.messages.indices).subtracting(plan.kept)
            edits.shortened = plan.shortened
            edits.summary = plan.summary.map { JSONFragment($0.text) }
            let report = Report(
                mode: plan.mode.rawValue,
                kept: plan.kept.count,
                total: plan.total,
                tokens: plan.tokens,
                budget: budget
            )
            return .pruned(edits, report)
        } catch {
            var window = route.promptLimits.window
            window.lower(to: learned.window)
            return .overflow(needed: error.needed, budget: error.budget, window: window ?? budget)
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

    init(_ request: ModelRequest) {
        switch request {
        case .chat(let request): self.init(request)
        case .media(let request): self.init(tokens: request.tokens, toolTokens: 0)
        }
    }

    private init(tokens: Int, toolTokens: Int) {
        self.tokens = tokens
        self.toolTokens = toolTokens
    }

    init(_ request: ChatRequest) {
        var count = TokenEstimator.perRequest
        var bytesOfTools = 0
        var texts: [Range<Int>] = []
        texts.reserveCapacity(request.messages.count)
        for message in request.messages {
            count += TokenEstimator.perMessage
            count += message.images * Self.imageTokens + message.audios * Self.audioTokens
            if let text = message.content?.text {
                texts.append(text.range)
            } else if message.images == 0, message.audios == 0 {
                texts.append(message.range)
            } else {
                count += message.textBytes / 4
            }
            if let calls = message.toolCalls { texts.append(calls.range) }
        }
        if let tools = request.tools { bytesOfTools += tools.range.count }
        if request.responseFormat == .jsonSchema, let format = request.member(.responseFormat) {
            bytesOfTools += format.value.range.count
        }
        toolTokens = bytesOfTools / 4
        let sample = request.body.withUnsafeReadableBytes { TokenSample.tokens(in: texts, of: $0) }
        tokens = count + toolTokens + sample
    }

    /// The estimate for one model, corrected by what it has reported: near enough to reserve quota with.
    func tokens(for route: Route) -> Int {
        Int((Double(tokens) * route.experience.tokenFactor).rounded(.up))
    }
}

/// Estimates long prompts from evenly spaced pieces of their text: a reservation need not be exact, and reading every
/// byte of a long history would cost more than sending it.
enum TokenSample {
    private static let pieceBytes = 64

    /// Of a short prompt little is read: it is far from every bound.
    private static func sampleBytes(of total: Int) -> Int {
        total < 4096 ? 2 * pieceBytes : total < 32_768 ? 4 * pieceBytes : 8 * pieceBytes
    }
    /// Made once: finding a tokenizer's habits by its name takes longer than reading a sample.
    private static let estimator = TokenEstimator()

    /// The texts are read as one, one behind the other.
    static func tokens(in texts: [Range<Int>], of bytes: UnsafeRawBufferPointer) -> Int {
        let total = texts.reduce(0) { $0 + $1.count }
        guard total > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: sampleBytes(of: total)) { sample in
            let raw = UnsafeMutableRawBufferPointer(sample)
            let length = gather(texts, total, of: bytes, into: raw)
            let estimate = estimator.tokens(
                inUTF8: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(raw)[..<length])
            )
            guard length > 0, length < total else { return estimate }
            return Int((Double(estimate) * Double(total) / Double(length)).rounded(.up))
        }
    }

    /// Copies the texts, or where they are long the pieces, one behind the other; the number of bytes.
    private static func gather(
        _ texts: [Range<Int>],
        _ total: Int,
        of bytes: UnsafeRawBufferPointer,
        into sample: UnsafeMutableRawBufferPointer
    ) -> Int {
        var length = 0
        func copy(_ range: Range<Int>) {
            let target = UnsafeMutableRawBufferPointer(rebasing: sample[length...])
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
            length += range.count
        }
        guard total > sample.count else {
            for text in texts { copy(text) }
            return length
        }
        let pieces = sample.count / pieceBytes
        var (text, start) = (0, 0)
        for piece in 0..<pieces {
            let offset = piece * (total - pieceBytes) / (pieces - 1)
            while text < texts.count - 1, offset >= start + texts[text].count {
                start += texts[text].count
                text += 1
            }
            var range = texts[text].dropFirst(offset - start).prefix(pieceBytes)
            // A piece begins at a character.
            while let first = range.first, bytes[first] & 0xC0 == 0x80 { range = range.dropFirst() }
            copy(range)
        }
        return length
    }
}

/// How full the prompts of recent sessions were, for `dynamic`; bounded, and forgotten with the process.
final class RecentUsages: Sendable {
    private static let maxSessions = 4096
    private let usages = Mutex<[PinKey: RecentUsage]>([:])

    subscript(session: PinKey) -> RecentUsage? { usages.withLock { $0[session] } }

    func note(promptTokens: Int, budget: Int, of session: PinKey) {
        usages.withLock { usages in
            if usages.count >= Self.maxSessions { usages.removeAll(keepingCapacity: true) }
            usages[session, default: RecentUsage()].note(promptTokens: promptTokens, budget: budget)
        }
    }
}

extension TokenEstimator {
    /// A factor is learned against the plain estimate, so it does not go on top of the family's habits.
    init(for route: Route) {
        let factor = route.experience.tokenFactor
        self = factor == 1 ? TokenEstimator(model: route.model.name) : TokenEstimator(correction: factor)
    }
}

extension HistoryMemory {
    /// Where the index of a session's history is kept from request to request.
    init(cache: HistoryIndexCache, of session: PinKey) {
        self.init(cache: cache, session: .init(high: session.high, low: session.low))
    }
}
