import NIOCore
import Synchronization

/// What arrived on a connection and was not yet asked for.
final class RawInbox: Sendable {
    private struct State {
        var arrivals: [RawHTTPClient.Arrival] = []
        var end: Result<Void, RawHTTPClient.Failure>?
        var waiter: CheckedContinuation<RawHTTPClient.Arrival?, any Error>?
        var waiterNumber = 0
        /// Of the response that is being read.
        var reader = RawResponseReader()
    }

    private let state = Mutex(State())

    func withReader<Value>(_ body: (inout RawResponseReader) throws -> Value) rethrows -> Value {
        try state.withLock { try body(&$0.reader) }
    }

    func deliver(_ bytes: [UInt8]) {
        let arrival = RawHTTPClient.Arrival(bytes: bytes, at: .now)
        let waiter = state.withLock { state in
            guard let waiter = state.waiter.take() else {
                state.arrivals.append(arrival)
                return CheckedContinuation<RawHTTPClient.Arrival?, any Error>?.none
            }
            return waiter
        }
        waiter?.resume(returning: arrival)
    }

    func end(_ result: Result<Void, RawHTTPClient.Failure>) {
        let waiter = state.withLock { state in
            if state.end == nil { state.end = result }
            return state.waiter.take()
        }
        waiter?.resume(with: result.map { nil }.mapError { $0 })
    }

    func next(within limit: Duration, on loop: any EventLoop) async throws -> RawHTTPClient.Arrival? {
        try await withCheckedThrowingContinuation { continuation in
            let (outcome, number) = state.withLock { state -> (Result<RawHTTPClient.Arrival?, any Error>?, Int) in
                if !state.arrivals.isEmpty { return (.success(state.arrivals.removeFirst()), 0) }
                if let end = state.end { return (end.map { nil }.mapError { $0 }, 0) }
                state.waiter = continuation
                state.waiterNumber += 1
                return (nil, state.waiterNumber)
            }
            if let outcome { return continuation.resume(with: outcome) }
            loop.scheduleTask(in: TimeAmount(limit)) { self.giveUp(number) }
        }
    }

    private func giveUp(_ number: Int) {
        let waiter = state.withLock { $0.waiterNumber == number ? $0.waiter.take() : nil }
        waiter?.resume(throwing: RawHTTPClient.Failure.timedOut)
    }
}

/// Puts what is read into the inbox.
final class RawInboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: RawInbox

    init(inbox: RawInbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.deliver(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.end(.success(()))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.end(.failure(.reset))
        context.close(promise: nil)
    }
}
