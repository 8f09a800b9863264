package import NIOCore

/// What a call tells its owner, on the event loop it was made on, in this order: `connected`, `head`, `body` …,
/// `ended` or `failed`. `readComplete` follows each batch of reads: the moment to write on what was gathered.
package enum UpstreamEvent {
    /// The connection stands, TLS included, and the request was handed to it.
    case connected
    case head(ResponseHead)
    case body(ByteBuffer)
    case readComplete
    case ended
    case failed(UpstreamFault)
}

/// Why a call came to no answer.
package enum UpstreamFault: Error, Sendable, Equatable {
    /// No connection: refused, unreachable, no such name, TLS; nothing was sent.
    case cannotConnect(String)
    /// Closed or reset before the answer's head; the request may have been acted on.
    case closedBeforeHead
    /// Closed or reset in the middle of the answer.
    case closedInBody
    /// The bytes are no HTTP response.
    case malformed(ResponseParser.Fault)
}

/// Who waits for a call. Events of a cancelled call are not delivered.
package protocol UpstreamReceiver: AnyObject {
    func receive(_ event: UpstreamEvent, of call: UpstreamCall)
}

/// A request as the bytes that go out: a head that ends before `content-length`, and the body in pieces.
package struct UpstreamRequest: Sendable {
    /// `POST /v1/chat/completions HTTP/1.1` and every field but `content-length`, each line with its CRLF.
    package let head: ByteBuffer
    package let body: [ByteBuffer]

    package init(head: ByteBuffer, body: [ByteBuffer]) {
        self.head = head
        self.body = body
    }

    var bodyLength: Int { body.reduce(0) { $0 + $1.readableBytes } }
}

/// One request on its way, from the pool to the last byte of the answer. Lives on one event loop.
package final class UpstreamCall {
    package let target: UpstreamTarget
    let request: UpstreamRequest
    weak var connection: UpstreamConnection?
    /// Held until the call has ended, one way or the other.
    private(set) var receiver: (any UpstreamReceiver)?
    private(set) var isCancelled = false
    /// The request was handed to a connection; `connected` is delivered only where that took a while.
    package internal(set) var isSent = false
    var answerBegan = false
    /// A warm connection that turns out dead is replaced once.
    var mayRetry = true

    init(target: UpstreamTarget, request: UpstreamRequest, receiver: any UpstreamReceiver) {
        self.target = target
        self.request = request
        self.receiver = receiver
    }

    /// Nobody waits any more: the connection is closed, since HTTP/1.1 has no other way to say so.
    package func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        receiver = nil
        connection?.abandon()
    }

    /// Nobody listens any more, but the answer is as good as over: its last bytes are read, so that the connection can
    /// serve the next call. One that does not end soon is closed.
    package func letFinish() {
        receiver = nil
        connection?.expectEnd()
    }

    /// Stops reading from the provider until `resume`; the other side of a slow client.
    package func pause() { connection?.pauseReading() }
    package func resume() { connection?.resumeReading() }

    func deliver(_ event: UpstreamEvent) {
        guard let receiver else { return }
        switch event {
        case .ended, .failed: self.receiver = nil
        default: break
        }
        receiver.receive(event, of: self)
    }
}
