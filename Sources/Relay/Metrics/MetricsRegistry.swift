import CoreMetrics
import Synchronization

/// What swift-metrics' counters and timers count into, and how it is read. One of a relay's own rather than the process's,
/// so that several relays do not count together.
final class MetricsRegistry: MetricsFactory {
    private struct Series {
        var name: String
        var labels: Exposition.Labels
        var value: any Readable
    }

    private let series = Mutex<[Series]>([])
    private let helps: [String: String]

    /// - Parameter helps: what each metric means, by its name.
    init(helps: [String: String]) { self.helps = helps }

    /// Writes every series, those of a metric together, in the order in which they were made.
    func write(into exposition: inout Exposition) {
        let all = series.withLock { $0 }
        var names: [String] = []
        for entry in all where !names.contains(entry.name) { names.append(entry.name) }
        for name in names {
            let entries = all.filter { $0.name == name }
            exposition.begin(name, entries[0].value.kind, helps[name] ?? name)
            for entry in entries { entry.value.write(name, entry.labels, into: &exposition) }
        }
    }

    private func keep<Value: Readable>(_ value: Value, _ name: String, _ labels: [(String, String)]) -> Value {
        series.withLock { $0.append(Series(name: name, labels: labels.map { ($0.0, $0.1) }, value: value)) }
        return value
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        keep(CounterValue(), label, dimensions)
    }

    /// Relay has no recorders: what is not a time is read as it stands.
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        keep(TimeHistogram(), label, dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// A value that can be written out.
private protocol Readable: AnyObject, Sendable {
    var kind: Exposition.Kind { get }
    func write(_ name: String, _ labels: Exposition.Labels, into exposition: inout Exposition)
}

private final class CounterValue: CounterHandler, Readable {
    private let value = Atomic<Int64>(0)
    let kind = Exposition.Kind.counter

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: Exposition.Labels, into exposition: inout Exposition) {
        exposition.line(name, labels, Double(value.load(ordering: .relaxed)))
    }
}

/// Times in buckets from 0.1 ms to 30 s.
private final class TimeHistogram: TimerHandler, Readable {
    private struct State {
        /// Calls by bucket; the last has no bound.
        var counts = [Int](repeating: 0, count: TimeHistogram.bounds.count + 1)
        var nanoseconds: Int64 = 0
    }

    private static let bounds = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    private static let boundsInNanoseconds = bounds.map { Int64($0 * 1e9) }

    private let state = Mutex(State())
    let kind = Exposition.Kind.histogram

    func recordNanoseconds(_ duration: Int64) {
        let bounds = Self.boundsInNanoseconds
        let place = bounds.firstIndex { duration <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.nanoseconds &+= duration
        }
    }

    func write(_ name: String, _ labels: Exposition.Labels, into exposition: inout Exposition) {
        let state = state.withLock { $0 }
        var count = 0
        for (bound, calls) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], state.counts) {
            count += calls
            exposition.line("\(name)_bucket", labels + [("le", bound)], Double(count))
        }
        exposition.line("\(name)_sum", labels, Double(state.nanoseconds) / 1e9)
        exposition.line("\(name)_count", labels, Double(count))
    }
}
