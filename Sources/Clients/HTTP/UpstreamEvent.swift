package import NIOCore

/// What a call tells its owner, on the event loop it was made on: `connected`, then one `read` after the other until one
/// says that the answer has ended, or `failed`.
package enum UpstreamEvent: ~Copyable {
    /// The connection stands, TLS included, and the request was handed to it.
    case connected
    case read(UpstreamRead)
    case failed(UpstreamFault)
}

/// What one read from the socket brought of an answer; what stood in several transfer chunks is one body.
package struct UpstreamRead: ~Copyable {
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
