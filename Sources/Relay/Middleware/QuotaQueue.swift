import Synchronization

/// The line of requests for which no candidate is free: first come, first served, over all event loops.
///
/// Only the first of a line is given a turn; when it has been served the next one is woken on its own loop. A request
/// that comes while others wait for the same goes to the end of their line.
final class QuotaQueue: Sendable {
    /// Wakes its waiter, from whichever thread.
    typealias Wake = @Sendable () -> Void

    struct Ticket: Sendable, Hashable {
        let number: UInt64
        let key: Ask
    }

    private struct State {
        var lines: [Ask: [(number: UInt64, wake: Wake)]] = [:]
        var lastNumber: UInt64 = 0
        var waiting = 0
    }

    private let state = Mutex(State())

    /// Whether others wait for the same; nearly always nobody waits for anything.
    func mustWait(_ key: Ask) -> Bool {
        state.withLock { $0.waiting > 0 && $0.lines[key]?.isEmpty == false }
    }

    func join(_ key: Ask, wake: @escaping Wake) -> Ticket {
        state.withLock { state in
            state.lastNumber += 1
            state.waiting += 1
            state.lines[key, default: []].append((state.lastNumber, wake))
            return Ticket(number: state.lastNumber, key: key)
        }
    }

    func isFirst(_ ticket: Ticket) -> Bool {
        state.withLock { $0.lines[ticket.key]?.first?.number == ticket.number }
    }

    /// Out of the line; whoever is first then is woken.
    func leave(_ ticket: Ticket) {
        let wake = state.withLock { state -> Wake? in
            guard var line = state.lines[ticket.key],
                let place = line.firstIndex(where: { $0.number == ticket.number })
            else { return nil }
            line.remove(at: place)
            state.waiting -= 1
            state.lines[ticket.key] = line.isEmpty ? nil : line
            return place == 0 ? line.first?.wake : nil
        }
        wake?()
    }

    var waiting: Int { state.withLock { $0.waiting } }
}
