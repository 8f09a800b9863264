package import NIOCore

/// What a call tells its owner, on the event loop it was made on: `connected`, then one `read` after the other until one
/// says that the answer has ended, or `failed`.
package enum UpstreamEvent {
    /// The connection stands, TLS included, and the request was handed to it.
    case connected
    case read(UpstreamRead)
    case failed(UpstreamFault)

    /// Nothing is said after it.
    package var isLast: Bool {
        switch self {
        case .connected: false
        case .read(let read): read.hasEnded
        case .failed: true
        }
    }
}

/// What one read from the socket brought of an answer; what stood in several transfer chunks is one body.
package struct UpstreamRead {
    /// Status and fields, in the first read that has all of them.
    package var head: ResponseHead?
    /// Without transfer framing; often empty.
    package var body = ByteBuffer()
    /// Nothing follows.
    package var hasEnded = false

    package init() {}

    var isEmpty: Bool { head == nil && body.readableBytes == 0 && !hasEnded }

    /// `rest` is what was read and not yet looked at: no later piece of this read is longer.
    mutating func append(_ piece: ByteBuffer, rest: Int) {
        guard body.readableBytes > 0 else { return body = piece }
        body.reserveCapacity(minimumWritableBytes: piece.readableBytes + rest)
        body.writeImmutableBuffer(piece)
    }
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

/// A request as the bytes that go out. A short one is one buffer, of a long one the body stays in pieces.
package struct UpstreamRequest: Sendable {
    /// `POST /v1/chat/completions HTTP/1.1`, all fields, the empty line; and the body where it is short.
    let first: ByteBuffer
    /// A long body.
    let rest: [ByteBuffer]
    private let headLength: Int

    /// Up to here a body is copied behind its head: one write of one buffer costs less than the copy.
    private static let shortBytes = 16 * 1024

    /// `head` is everything before `content-length`, each line with its CRLF. `write` is asked for a short body, `pieces`
    /// for a long one.
    package init(
        head: ByteBuffer,
        bodyLength: Int,
        write: (inout ByteBuffer) -> Void,
        pieces: () -> [ByteBuffer]
    ) {
        let isShort = bodyLength <= Self.shortBytes
        var bytes = ByteBufferAllocator().buffer(capacity: head.readableBytes + 32 + (isShort ? bodyLength : 0))
        bytes.writeImmutableBuffer(head)
        bytes.writeStaticString("content-length: ")
        bytes.writeDecimal(bodyLength)
        bytes.writeStaticString("\r\n\r\n")
        headLength = bytes.readableBytes
        if isShort { write(&bytes) }
        assert(!isShort || bytes.readableBytes == headLength + bodyLength)
        first = bytes
        rest = isShort ? [] : pieces()
    }

    package init(head: ByteBuffer, body: ByteBuffer) {
        self.init(
            head: head,
            bodyLength: body.readableBytes,
            write: { $0.writeImmutableBuffer(body) },
            pieces: { [body] }
        )
    }

    /// The body as it goes out.
    package var body: ByteBuffer {
        var body =
            first.getSlice(at: first.readerIndex + headLength, length: first.readableBytes - headLength) ?? ByteBuffer()
        for piece in rest { body.writeImmutableBuffer(piece) }
        return body
    }
}

extension ByteBuffer {
    /// A number that is not negative, in decimal digits.
    package mutating func writeDecimal(_ number: Int) {
        var rest = UInt64(clamping: number)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            repeat {
                place -= 1
                digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            _ = writeBytes(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[place...])))
        }
    }
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
        if event.isLast { self.receiver = nil }
        receiver.receive(event, of: self)
    }
}
