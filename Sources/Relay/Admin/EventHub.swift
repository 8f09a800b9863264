import Synchronization

/// Tells whoever listens what happens: a request is over, routes or catalog have changed, keys were checked.
///
/// While nobody listens, to publish costs one load.
final class EventHub: Sendable {
    /// Called with a whole server-sent event, on whichever thread it was published.
    typealias Listener = @Sendable (String) -> Void

    private let count = Atomic<Int>(0)
    private let listeners = Mutex<(last: UInt64, all: [UInt64: Listener])>((0, [:]))

    var hasListeners: Bool { count.load(ordering: .relaxed) > 0 }

    /// - Parameter json: made only where somebody listens.
    func publish(_ name: StaticString, _ json: @autoclosure () -> String) {
        guard hasListeners else { return }
        let event = "event: \(name)\ndata: \(json())\n\n"
        for listener in listeners.withLock({ Array($0.all.values) }) { listener(event) }
    }

    /// - Returns: what `leave` takes.
    func listen(_ listener: @escaping Listener) -> UInt64 {
        listeners.withLock { listeners in
            listeners.last += 1
            listeners.all[listeners.last] = listener
            count.store(listeners.all.count, ordering: .relaxed)
            return listeners.last
        }
    }

    func leave(_ listener: UInt64) {
        listeners.withLock { listeners in
            listeners.all[listener] = nil
            count.store(listeners.all.count, ordering: .relaxed)
        }
    }
}
