import Synchronization

/// One limit for all bytes of requests that are held at once: their bodies, what was translated of them, and images that
/// were fetched for them.
final class MemoryBudget: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// `false` when the limit would be passed; nothing is taken then.
    func take(_ bytes: Int) -> Bool {
        guard bytes > 0 else { return true }
        let total = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard total > limit else { return true }
        held.wrappingSubtract(bytes, ordering: .relaxed)
        return false
    }

    func give(_ bytes: Int) { held.wrappingSubtract(bytes, ordering: .relaxed) }

    var bytes: Int { held.load(ordering: .relaxed) }
}

/// What one call holds of the budget for its request. It goes back when the call ends, however it ends.
struct HeldMemory: ~Copyable {
    private let budget: MemoryBudget
    private var bytes: Int

    /// - Parameter bytes: taken of the budget already.
    init(_ budget: MemoryBudget, holding bytes: Int) {
        self.budget = budget
        self.bytes = bytes
    }

    mutating func take(_ more: Int) -> Bool {
        guard budget.take(more) else { return false }
        bytes += more
        return true
    }

    mutating func giveBack() {
        budget.give(bytes)
        bytes = 0
    }

    deinit { if bytes > 0 { budget.give(bytes) } }
}

/// The same for what is fetched for a call on other threads, which may still come when nobody wants it any more: it goes back
/// with the last who might take some.
final class MemoryLease: Sendable {
    private let budget: MemoryBudget
    private let held = Atomic<Int>(0)

    init(_ budget: MemoryBudget) { self.budget = budget }

    func take(_ bytes: Int) -> Bool {
        guard budget.take(bytes) else { return false }
        held.wrappingAdd(bytes, ordering: .relaxed)
        return true
    }

    func giveBack() { budget.give(held.exchange(0, ordering: .relaxed)) }

    deinit { giveBack() }
}
