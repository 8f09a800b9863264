import Clients
import NIOCore

/// What one event loop has to itself: its upstream connections and the clock that wakes its exchanges.
final class LoopServices {
    let loop: any EventLoop
    let pool: UpstreamPool
    let ticker: Ticker

    init(loop: any EventLoop, names: NameResolver, connectTimeout: Duration) {
        self.loop = loop
        pool = UpstreamPool(loop: loop, names: names, connectTimeout: connectTimeout)
        ticker = Ticker(loop: loop)
    }
}

/// Wakes what has a deadline, every 50 ms for as long as there is anything: one timer for all calls of a loop instead
/// of one for each.
final class Ticker {
    private static let period = TimeAmount.milliseconds(50)

    private let loop: any EventLoop
    private var members: [ObjectIdentifier: any Ticking] = [:]
    private var isRunning = false

    init(loop: any EventLoop) { self.loop = loop }

    func add(_ member: any Ticking) {
        members[ObjectIdentifier(member)] = member
        guard !isRunning else { return }
        isRunning = true
        scheduleNext()
    }

    func remove(_ member: any Ticking) {
        members[ObjectIdentifier(member)] = nil
    }

    private func scheduleNext() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.period) { bound.value.tick() }
    }

    private func tick() {
        let now = Now.read()
        // A tick may remove members, itself included.
        let due = members.values.filter { member in member.deadline.map { $0 <= now.continuous } ?? false }
        for member in due { member.tick(at: now) }
        if members.isEmpty {
            isRunning = false
        } else {
            scheduleNext()
        }
    }
}

/// Has a deadline that may move at any time.
protocol Ticking: AnyObject {
    var deadline: ContinuousClock.Instant? { get }
    func tick(at now: Now)
}
