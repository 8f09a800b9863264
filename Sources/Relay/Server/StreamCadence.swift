import NIOCore

/// Reads fast streams in beats.
///
/// A provider that sends faster than any screen shows costs a read, a write and two wake-ups for each of its chunks. A
/// stream whose pieces come less than a beat apart therefore rests until the loop's next beat, and is then read and
/// written on in one go; a slower one, and the first words of each, go through as they come. Nothing waits longer than
/// one beat, and all streams of a loop share it.
final class StreamCadence {
    /// 100 times a second: more often than a screen is drawn.
    static let beat = Duration.milliseconds(10)

    private let loop: any EventLoop
    private var resting: [ModelCall] = []

    init(loop: any EventLoop) { self.loop = loop }

    /// Lets the call rest until the next beat.
    func rest(_ call: ModelCall) {
        resting.append(call)
        guard resting.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(Self.beat.nanoseconds)) { bound.value.wake() }
    }

    private func wake() {
        let now = Now.read()
        let calls = resting
        resting.removeAll(keepingCapacity: true)
        for call in calls { call.goOn(at: now) }
    }
}
