import NIOCore

/// Wakes the calls whose deadline has come, looking every 50 ms for as long as there is any call: one timer for all of a
/// loop instead of one for each.
final class Ticker {
    private static let period = TimeAmount.milliseconds(50)

    private let loop: any EventLoop
    private var calls: [ModelCall] = []
    private var isRunning = false

    init(loop: any EventLoop) { self.loop = loop }

    func add(_ call: ModelCall) {
        call.tickerPlace = calls.count
        calls.append(call)
        guard !isRunning else { return }
        isRunning = true
        scheduleNext()
    }

    /// The last one takes its place.
    func remove(_ call: ModelCall) {
        guard let place = call.tickerPlace, let last = calls.popLast() else { return }
        call.tickerPlace = nil
        guard last !== call else { return }
        calls[place] = last
        last.tickerPlace = place
    }

    private func scheduleNext() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.period) { bound.value.tick() }
    }

    private func tick() {
        let now = Now.read()
        // A tick may remove calls, its own included.
        let due = calls.filter { call in call.deadline.map { $0 <= now.instant } ?? false }
        for call in due { call.tick(at: now) }
        if calls.isEmpty {
            isRunning = false
        } else {
            scheduleNext()
        }
    }
}
