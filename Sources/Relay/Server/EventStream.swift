import NIOCore

/// One client that listens to what happens, until it leaves, its session ends or Relay stops.
///
/// Lives on its connection's loop. A client that does not keep up misses events; they are never held for it.
final class EventStream {
    private let gateway: Gateway
    private let request: ClientRequest
    private let loop: any EventLoop
    private unowned let connection: ClientConnection
    private var chunks: ChunkWriter
    private var listener: UInt64?
    private var clock: RepeatedTask?

    private static let pause = TimeAmount.seconds(15)

    init(_ request: ClientRequest, gateway: Gateway, loop: any EventLoop, connection: ClientConnection) {
        self.gateway = gateway
        self.request = request
        self.loop = loop
        self.connection = connection
        chunks = ChunkWriter(isChunked: !request.framing.isVersion10)
    }

    func begin() {
        var head = ByteBuffer()
        ReplyHead.write(
            status: 200,
            contentType: "text/event-stream",
            length: .stream,
            framing: request.framing,
            fields: gateway.fields(for: request),
            into: &head
        )
        connection.write(ClientBytes(head))
        guard request.framing.hasBody else { return connection.eventsEnded() }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        listener = gateway.events.listen { event in loop.execute { bound.value.send(event) } }
        send(": listening\n\n")
        clock = loop.scheduleRepeatedTask(initialDelay: Self.pause, delay: Self.pause) { _ in bound.value.tick() }
    }

    private func send(_ text: String) {
        guard listener != nil, connection.isWritable else { return }
        chunks.write { $0.writeString(text) }
        if let bytes = chunks.take(last: false) { connection.write(ClientBytes(bytes)) }
    }

    /// Keeps the connection alive; one whose session has ended learns no more.
    private func tick() {
        guard gateway.gatekeeper.stillAdmitsAdmin(request, at: .read()) else { return end() }
        send(": still here\n\n")
    }

    /// Ends the stream as it should be, and the request with it.
    func end() {
        guard listener != nil else { return }
        leave()
        if let bytes = chunks.take(last: true) { connection.write(ClientBytes(bytes)) }
        connection.eventsEnded()
    }

    /// The client is gone.
    func leave() {
        if let listener { gateway.events.leave(listener) }
        listener = nil
        clock?.cancel()
        clock = nil
    }
}
