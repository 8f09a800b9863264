import Synchronization

/// Calls for the store to be written before its second is over. Ringing is cheap enough for the byte path, and to ring
/// twice is to ring once.
final class StoreBell: Sendable {
    let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let hasRung = Atomic<Bool>(false)

    init() {
        (calls, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() {
        if !hasRung.exchange(true, ordering: .relaxed) { continuation.yield() }
    }

    /// Whoever answers the call resets it first, so that what happens meanwhile rings again.
    func reset() { hasRung.store(false, ordering: .relaxed) }

    func end() { continuation.finish() }
}
