package import NIOCore

/// A request as the bytes that go out: a short one is one buffer.
package struct UpstreamRequest: Sendable {
    /// `POST /v1/chat/completions HTTP/1.1`, all fields, the empty line; and the body, or what of a long one is copied.
    let first: ByteBuffer
    /// What follows of a long body.
    let rest: [ByteBuffer]
    private let headLength: Int

    var isShort: Bool { rest.isEmpty }

    /// `head` is everything before `content-length`, each line with its CRLF. `writeBody` writes the body behind it and returns
    /// what is too long to be copied; `buffers` are those of the event loop that the request is made on.
    package init(
        head: ByteBuffer,
        bodyLength: Int,
        in buffers: BufferRing? = nil,
        writeBody: (inout ByteBuffer) -> [ByteBuffer]
    ) {
        var headLength = 0
        var rest: [ByteBuffer] = []
        let capacity = head.readableBytes + 32 + (bodyLength <= ByteBuffer.copiedBytes ? bodyLength : 1024)
        first = BufferRing.buffer(capacity, of: buffers) { bytes in
            bytes.writeImmutableBuffer(head)
            bytes.write(room: 40) { line in
                line.put("content-length: ")
                line.put(bodyLength)
                line.put("\r\n\r\n")
            }
            headLength = bytes.readableBytes
            rest = writeBody(&bytes)
            assert(rest.reduce(bytes.readableBytes) { $0 + $1.readableBytes } == headLength + bodyLength)
        }
        self.headLength = headLength
        self.rest = rest
    }

    package init(head: ByteBuffer, body: ByteBuffer) {
        self.init(head: head, bodyLength: body.readableBytes) { bytes in
            guard body.readableBytes <= ByteBuffer.copiedBytes else { return [body] }
            bytes.writeImmutableBuffer(body)
            return []
        }
    }

    /// The body as it goes out.
    package var body: ByteBuffer {
        var body =
            first.getSlice(at: first.readerIndex + headLength, length: first.readableBytes - headLength) ?? ByteBuffer()
        for piece in rest { body.writeImmutableBuffer(piece) }
        return body
    }
}
