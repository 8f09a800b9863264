package import NIOCore

/// A request as the bytes that go out. A short one is one buffer, of a long one the body stays in pieces.
package struct UpstreamRequest: Sendable {
    /// `POST /v1/chat/completions HTTP/1.1`, all fields, the empty line; and the body where it is short.
    let first: ByteBuffer
    /// A long body.
    let rest: [ByteBuffer]
    private let headLength: Int

    var isShort: Bool { rest.isEmpty }

    /// Up to here a body is copied behind its head: one write of one buffer costs less than the copy.
    private static let shortBytes = 16 * 1024

    /// `head` is everything before `content-length`, each line with its CRLF. `write` is asked for a short body, `pieces`
    /// for a long one; `buffers` where the request is made on an event loop.
    package init(
        head: ByteBuffer,
        bodyLength: Int,
        in buffers: BufferRing? = nil,
        write: (inout ByteBuffer) -> Void,
        pieces: () -> [ByteBuffer]
    ) {
        let isShort = bodyLength <= Self.shortBytes
        var headLength = 0
        let capacity = head.readableBytes + 32 + (isShort ? bodyLength : 0)
        first = BufferRing.buffer(capacity, of: buffers) { bytes in
            bytes.writeImmutableBuffer(head)
            bytes.write(room: 40) { line in
                line.put("content-length: ")
                line.put(bodyLength)
                line.put("\r\n\r\n")
            }
            headLength = bytes.readableBytes
            if isShort { write(&bytes) }
            assert(!isShort || bytes.readableBytes == headLength + bodyLength)
        }
        self.headLength = headLength
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
