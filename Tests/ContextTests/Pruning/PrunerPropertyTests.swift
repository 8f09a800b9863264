import Foundation
import Testing

@testable import Context

/// What is true of every plan, in every mode, for whatever history comes in.
@Suite struct PrunerPropertyTests {
    /// As many histories as are asked for; by default a number that takes a few seconds.
    static let runs = ProcessInfo.processInfo.environment["RELAY_PROPERTY_RUNS"].flatMap(Int.init) ?? 8_000
    static let batches = 8

    @Test(arguments: 0..<batches)
    func `every plan keeps the invariants`(batch: Int) {
        for seed in batch * Self.runs / Self.batches..<(batch + 1) * Self.runs / Self.batches {
            let fault = PlanFault.first(in: GeneratedHistory(seed: UInt64(seed)))
            #expect(fault == nil, "seed \(seed)")
            if fault != nil { return }
        }
    }
}

/// What is wrong with a plan.
enum PlanFault: Equatable {
    case overflowWithoutNeed, notDisabled, touchedThoughItFits, lostSystem, lostLastUser, changedLast, orphan, order
    case empty, wrongTokens, overBudget, differs, notStable, summaryMisplaced, wrongTotal, lostCallOfKept

    static func first(in history: GeneratedHistory) -> PlanFault? {
        let pruner = Pruner(settings: history.settings)
        let messages = history.messages
        let needed = minimum(of: messages)
        let plan: ContextPlan
        do {
            plan = try pruner.prune(messages, toFit: history.budget, recentUsage: history.usage)
        } catch {
            return needed <= history.budget || history.settings.mode == .disabled ? .overflowWithoutNeed : nil
        }
        if plan != (try? pruner.prune(messages, toFit: history.budget, recentUsage: history.usage)) { return .differs }
        if plan.total != messages.count { return .wrongTotal }
        let total = messages.reduce(TokenEstimator.perRequest) { $0 + $1.tokens }
        if history.settings.mode == .disabled { return plan.changesNothing ? nil : .notDisabled }
        let sent = plan.sent(of: messages)
        if sent.reduce(TokenEstimator.perRequest, { $0 + $1.tokens }) != plan.tokens { return .wrongTokens }
        if plan.tokens > history.budget { return .overBudget }
        let spare = messages.contains { !$0.calls.isEmpty } ? 0.94 : 1
        if total <= Int(Double(history.budget) * spare), history.settings.pruneWhen == .overBudget {
            return plan.changesNothing ? nil : .touchedThoughItFits
        }
        if let fault = structure(of: plan, sent, messages) { return fault }
        guard let again = try? pruner.prune(sent, toFit: history.budget, recentUsage: history.usage) else {
            return .notStable
        }
        return again.changesNothing ? nil : .notStable
    }

    private static func structure(of plan: ContextPlan, _ sent: [Message], _ messages: [Message]) -> PlanFault? {
        let kept = Set(plan.kept)
        if plan.kept != plan.kept.sorted() || kept.count != plan.kept.count { return .order }
        if !plan.shortened.keys.allSatisfy(kept.contains) { return .order }
        for index in messages.indices where messages[index].role == .system {
            if !kept.contains(index) || plan.shortened[index] != nil { return .lostSystem }
        }
        let lastUser = messages.lastIndex { $0.role == .user && $0.resultOf.isEmpty && $0.calls.isEmpty }
        if let lastUser, !kept.contains(lastUser) || plan.shortened[lastUser] != nil { return .lostLastUser }
        if let last = Unit.units(of: messages).last, last.kind != .orphan {
            if !kept.contains(messages.count - 1) || plan.shortened[messages.count - 1] != nil { return .changedLast }
        }
        if Unit.units(of: sent).contains(where: { $0.kind == .orphan }) { return .orphan }
        for (index, text) in plan.shortened where text.isEmpty || text == messages[index].text { return .empty }
        for index in plan.kept where messages[index].isEmpty && messages[index].role != .system {
            if index != lastUser, index != messages.count - 1 { return .empty }
        }
        if let summary = plan.summary {
            if summary.text.isEmpty || !summary.text.hasPrefix("[Earlier conversation summary]\n") { return .empty }
            if !kept.contains(summary.before) { return .summaryMisplaced }
            if let lastUser, summary.before > lastUser { return .summaryMisplaced }
        }
        return nil
    }

    /// Tokens of what has to stay, by the simplest way to count it.
    private static func minimum(of messages: [Message]) -> Int {
        let units = Unit.units(of: messages)
        let lastUser = messages.lastIndex { $0.role == .user && $0.resultOf.isEmpty && $0.calls.isEmpty }
        var sum = TokenEstimator.perRequest
        for (position, unit) in units.enumerated() where unit.kind != .orphan {
            let isLast = position == units.count - 1
            if unit.kind == .system || isLast || lastUser.map(unit.range.contains) ?? false { sum += unit.tokens }
        }
        return sum
    }
}
