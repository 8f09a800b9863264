package import NIOCore
import NIOPosix

/// One request and its whole answer, as a function call: for what is not on the byte path (model lists, checks,
/// commands).
package struct SimpleClient: Sendable {
    private let group: any EventLoopGroup
    private let names: NameResolver

    package struct Answer: Sendable {
        package let status: Int
        package let head: ResponseHead
        package let body: ByteBuffer
    }

    package enum Fault: Error, Sendable, CustomStringConvertible {
        case upstream(UpstreamFault)
        case timeout
        case tooLong
        /// Nobody would take what came.
        case noRoom
        case cancelled

        package var description: String {
            switch self {
            case .upstream(.cannotConnect(let reason)): "no connection: \(reason)"
            case .upstream(let fault): "\(fault)"
            case .timeout: "no answer in time"
            case .tooLong: "the answer is too long"
            case .noRoom: "there is no room for the answer"
            case .cancelled: "nobody waits for the answer any more"
            }
        }
    }

    package init(group: any EventLoopGroup, names: NameResolver) {
        self.group = group
        self.names = names
    }

    /// `path` is appended to the target's base path. The connection is not kept. A task that is cancelled calls off.
    /// - Parameter room: asked before each piece of the body is gathered.
    package func request(
        _ method: String,
        _ path: String,
        at target: UpstreamTarget,
        headers: [(String, String)] = [],
        body: ByteBuffer = ByteBuffer(),
        timeout: Duration,
        maxBytes: Int = 16 * 1024 * 1024,
        taking room: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) async throws -> Answer {
        var head = ByteBuffer()
        head.writeString("\(method) \(target.path(appending: path)) HTTP/1.1\r\nhost: \(target.authority)\r\n")
        head.writeString("accept: */*\r\nconnection: close\r\n")
        for (name, value) in headers { head.writeString("\(name): \(value)\r\n") }
        return try await send(
            UpstreamRequest(head: head, body: body),
            to: target,
            timeout: timeout,
            maxBytes: maxBytes,
            taking: room
        )
    }

    /// A request that is written out already; its head should ask for the connection to be closed.
    package func send(
        _ request: UpstreamRequest,
        to target: UpstreamTarget,
        timeout: Duration,
        maxBytes: Int = 16 * 1024 * 1024,
        taking room: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) async throws -> Answer {
        let loop = group.next()
        let promise = loop.makePromise(of: Answer.self)
        let place = NIOLoopBoundBox<Collector?>.makeEmptyBox(valueType: Collector.self, eventLoop: loop)
        loop.execute {
            let pool = UpstreamPool(loop: loop, names: names, connectTimeout: timeout)
            let collector = Collector(pool: pool, promise: promise, maxBytes: maxBytes, room: room)
            place.value = collector
            collector.begin(request, to: target)
            let bound = NIOLoopBound(collector, eventLoop: loop)
            let timer = loop.scheduleTask(in: TimeAmount(timeout)) { bound.value.fail(.timeout) }
            promise.futureResult.whenComplete { _ in
                timer.cancel()
                place.value = nil
            }
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            loop.execute { place.value?.fail(.cancelled) }
        }
    }
}

/// Gathers an answer on its loop; keeps itself alive until there is one.
private final class Collector: UpstreamReceiver {
    private let pool: UpstreamPool
    private let promise: EventLoopPromise<SimpleClient.Answer>
    private let maxBytes: Int
    private let room: @Sendable (Int) -> Bool
    private var call: UpstreamCall?
    private var head: ResponseHead?
    private var body = ByteBuffer()
    private var isDone = false
    private var own: Collector?

    init(
        pool: UpstreamPool,
        promise: EventLoopPromise<SimpleClient.Answer>,
        maxBytes: Int,
        room: @escaping @Sendable (Int) -> Bool
    ) {
        self.pool = pool
        self.promise = promise
        self.maxBytes = maxBytes
        self.room = room
    }

    func begin(_ request: UpstreamRequest, to target: UpstreamTarget) {
        own = self
        call = pool.call(request, to: target, for: self)
    }

    func receive(_ event: consuming UpstreamEvent, of call: UpstreamCall) {
        switch consume event {
        case .connected: break
        case .read(var read):
            if let head = read.head { self.head = head }
            let count = read.body.readableBytes
            if body.readableBytes + count > maxBytes { return fail(.tooLong) }
            if count > 0, !room(count) { return fail(.noRoom) }
            body.writeBuffer(&read.body)
            guard read.hasEnded, let head, finish() else { return }
            promise.succeed(SimpleClient.Answer(status: head.status, head: head, body: body))
        case .failed(let fault): fail(.upstream(fault))
        }
    }

    func fail(_ fault: SimpleClient.Fault) {
        guard finish() else { return }
        call?.cancel()
        promise.fail(fault)
    }

    private func finish() -> Bool {
        guard !isDone else { return false }
        isDone = true
        own = nil
        return true
    }
}
