import Synchronization

/// How many model calls run at once, over all event loops, and who waits for a place: first come, first served.
final class AdmissionQueue: Sendable {
    typealias Wake = @Sendable () -> Void

    enum Entry: Sendable {
        case admitted
        case waiting(ticket: UInt64)
        case full
    }

    private struct State {
        var running = 0
        var line: [(ticket: UInt64, wake: Wake)] = []
        var lastTicket: UInt64 = 0
    }

    private let maxRunning: Int
    private let maxWaiting: Int
    private let state = Mutex(State())

    init(maxRunning: Int, maxWaiting: Int) {
        self.maxRunning = maxRunning
        self.maxWaiting = maxWaiting
    }

    /// Admitted at once, or woken when a place is free: the place is then the waiter's already. `wake` is asked for only
    /// then.
    func enter(_ wake: () -> Wake) -> Entry {
        state.withLock { state in
            if state.running < maxRunning {
                state.running += 1
                return .admitted
            }
            guard state.line.count < maxWaiting else { return .full }
            state.lastTicket += 1
            state.line.append((state.lastTicket, wake()))
            return .waiting(ticket: state.lastTicket)
        }
    }

    /// Leaves the line; `false` when a place has been given to it already: its wake-up gives it back with `leave`.
    func abandon(ticket: UInt64) -> Bool {
        state.withLock { state in
            guard let place = state.line.firstIndex(where: { $0.ticket == ticket }) else { return false }
            state.line.remove(at: place)
            return true
        }
    }

    /// A call has ended: its place goes to the first in line.
    func leave() {
        let wake = state.withLock { state -> Wake? in
            if state.line.isEmpty {
                state.running -= 1
                return nil
            }
            return state.line.removeFirst().wake
        }
        wake?()
    }

    var running: Int { state.withLock { $0.running } }
    var waiting: Int { state.withLock { $0.line.count } }
}
