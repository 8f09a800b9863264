import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// SIGTERM and SIGINT as something that can be waited for.
enum StopSignal {
    /// Returns at the first of them; a second one ends the process as it always does.
    static func wait() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let waiter = Waiter(continuation)
            for number in [SIGTERM, SIGINT] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: waiter.queue)
                source.setEventHandler { waiter.stop() }
                source.activate()
                waiter.sources.append(source)
            }
        }
    }

    /// Confined to its queue after `wait` has set it up.
    private final class Waiter {
        let queue = DispatchQueue(label: "relay.signals")
        var sources: [any DispatchSourceSignal] = []
        private var continuation: CheckedContinuation<Void, Never>?

        init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }

        func stop() {
            for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
            for source in sources { source.cancel() }
            continuation?.resume()
            continuation = nil
        }
    }
}
