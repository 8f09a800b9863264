/// Requests waiting for a place or for quota, first come first served. A value: whoever holds it decides when to look.
struct WaitQueue: Sendable {
    struct ID: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct Waiter {
        var id: ID
        /// When it is worth trying again; `nil` waits to be called.
        var wakeAt: ContinuousClock.Instant?
        /// When it has waited too long.
        var deadline: ContinuousClock.Instant
    }

    private var waiters: [Waiter] = []
    private var numbers: UInt64 = 0
    private let capacity: Int

    init(capacity: Int = .max) {
        self.capacity = capacity
    }

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    /// Joins the end; `nil` when the queue is full.
    mutating func enqueue(wakeAt: ContinuousClock.Instant? = nil, deadline: ContinuousClock.Instant) -> ID? {
        guard waiters.count < capacity else { return nil }
        numbers += 1
        let id = ID(number: numbers)
        waiters.append(Waiter(id: id, wakeAt: wakeAt, deadline: deadline))
        return id
    }

    /// Keeps its place but tries again at another time.
    mutating func postpone(_ id: ID, until wakeAt: ContinuousClock.Instant?) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters[index].wakeAt = wakeAt
    }

    /// Leaves; false when it had left already.
    @discardableResult
    mutating func cancel(_ id: ID) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// The one that waited longest leaves, because there is room for it.
    mutating func popFirst() -> ID? {
        waiters.isEmpty ? nil : waiters.removeFirst().id
    }

    /// Those that have waited too long leave.
    mutating func popExpired(at now: ContinuousClock.Instant) -> [ID] {
        guard waiters.contains(where: { $0.deadline <= now }) else { return [] }
        let expired = waiters.filter { $0.deadline <= now }.map(\.id)
        waiters.removeAll { $0.deadline <= now }
        return expired
    }

    /// Those whose time to try again has come, longest waiting first. They keep their place until they are cancelled;
    /// until then they are not named again.
    mutating func wake(at now: ContinuousClock.Instant) -> [ID] {
        var woken: [ID] = []
        for index in waiters.indices {
            guard let wakeAt = waiters[index].wakeAt, wakeAt <= now else { continue }
            woken.append(waiters[index].id)
            waiters[index].wakeAt = nil
        }
        return woken
    }

    /// When there is something to do next.
    var nextEvent: ContinuousClock.Instant? {
        waiters.lazy.map { waiter in waiter.wakeAt.map { min($0, waiter.deadline) } ?? waiter.deadline }.min()
    }
}
