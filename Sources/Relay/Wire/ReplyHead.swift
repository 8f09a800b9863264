import Clients
import NIOCore

/// The head of an answer to a client, written as bytes: no header dictionary stands between.
struct ReplyHead {
    /// What the client's request allows of the answer's framing.
    struct Framing: Sendable, Equatable {
        /// HTTP/1.0 clients get no chunks.
        var isVersion10 = false
        /// The connection stays open for the next request.
        var keepsAlive = true
        /// HEAD: the head alone.
        var hasBody = true
    }

    enum Length { case fixed(Int), stream }

    static func write(
        status: Int,
        contentType: String,
        length: Length,
        framing: Framing,
        fields: ReplyFields,
        into buffer: inout ByteBuffer
    ) {
        begin(status: status, contentType: contentType, length: length, framing: framing, into: &buffer)
        buffer.writeImmutableBuffer(fields.bytes)
        end(&buffer)
    }

    /// Everything before the fields that say more of the answer; `end` follows them.
    static func begin(
        status: Int,
        contentType: String,
        length: Length,
        framing: Framing,
        into buffer: inout ByteBuffer
    ) {
        let reason = reason(status)
        buffer.write(room: 96 + reason.utf8.count + contentType.utf8.count) { line in
            line.put("HTTP/1.1 ")
            line.put(status)
            line.put(" ")
            line.put(reason)
            // A 204 has no body to be told of.
            guard status != 204 else { return line.put("\r\n") }
            line.put("\r\ncontent-type: ")
            line.put(contentType)
            if case .fixed(let length) = length {
                line.put("\r\ncontent-length: ")
                line.put(length)
            }
            line.put("\r\n")
        }
        if case .stream = length {
            buffer.write("cache-control: no-cache\r\nx-accel-buffering: no\r\n")
            if !framing.isVersion10 { buffer.write("transfer-encoding: chunked\r\n") }
        }
        let closes =
            if case .stream = length { !framing.keepsAlive || framing.isVersion10 } else { !framing.keepsAlive }
        if closes {
            buffer.write("connection: close\r\n")
        } else if framing.isVersion10 {
            buffer.write("connection: keep-alive\r\n")
        }
    }

    static func end(_ buffer: inout ByteBuffer) { buffer.write("\r\n") }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 508: "Loop Detected"
        case 529: "Overloaded"
        default: "Status"
        }
    }
}

/// Further fields of an answer, as lines that end in CRLF.
struct ReplyFields: Sendable {
    private(set) var bytes = ByteBuffer()

    mutating func add(_ name: StaticString, _ value: String) { bytes.writeField(name, value) }

    mutating func add(_ name: StaticString, _ number: Int) { bytes.writeField(name, number) }

    /// Lines that `body` writes.
    mutating func write(_ body: (inout ByteBuffer) -> Void) { body(&bytes) }
}

/// Fields of a head. A value never breaks its line.
extension ByteBuffer {
    mutating func writeField(_ name: StaticString, _ value: String) {
        func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }
        let value =
            value.utf8.allSatisfy(isPrintable)
            ? value : String(decoding: value.utf8.map { isPrintable($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        write(room: name.utf8CodeUnitCount + value.utf8.count + 4) { line in
            line.put(name)
            line.put(": ")
            line.put(value)
            line.put("\r\n")
        }
    }

    mutating func writeField(_ name: StaticString, _ number: Int) {
        write(room: name.utf8CodeUnitCount + ShortWriter.digits + 4) { line in
            line.put(name)
            line.put(": ")
            line.put(number)
            line.put("\r\n")
        }
    }

    /// `server-timing: relay;dur=0.12`, in milliseconds with two digits.
    mutating func writeServerTiming(relay: Duration, wait: Duration) {
        write(room: 96) { line in
            line.put("server-timing: relay;dur=")
            line.put(hundredthsOf: relay)
            if wait > .zero {
                line.put(", wait;dur=")
                line.put(hundredthsOf: wait)
            }
            line.put("\r\n")
        }
    }
}

extension ShortWriter {
    fileprivate mutating func put(hundredthsOf duration: Duration) {
        let count = max(0, Int(duration.nanoseconds / 10_000))
        put(count / 100)
        put(count % 100 < 10 ? ".0" : ".")
        put(count % 100)
    }
}

/// Puts the pieces of a streamed body into HTTP chunks: one chunk for what was gathered since the last flush.
struct ChunkWriter: Sendable {
    /// Room for `FFFFFFFF\r\n` before the payload; what is not needed is skipped.
    private static let room = 10

    /// A buffer that grew beyond this is not used again.
    private static let keptBytes = 4096

    let isChunked: Bool
    private var buffer = ByteBuffer()
    private var isEmpty = true

    init(isChunked: Bool) { self.isChunked = isChunked }

    /// Bytes of payload that wait for the next `take`.
    var pending: Int { isEmpty ? 0 : buffer.readableBytes - (isChunked ? Self.room : 0) }

    mutating func write(_ body: (inout ByteBuffer) -> Void) {
        if isEmpty {
            // Once the last piece has been written its memory is nobody else's, and serves again.
            buffer.clear(minimumCapacity: 512)
            if isChunked { buffer.writeRepeatingByte(0x20, count: Self.room) }
            isEmpty = false
        }
        body(&buffer)
    }

    /// What was gathered; `nil` when that is nothing. `last` ends the body; without `framed` it stays as it is.
    mutating func take(last: Bool, framed: Bool = true) -> ByteBuffer? {
        let payload = pending
        isEmpty = true
        guard payload > 0 else { return last && framed && isChunked ? ByteBuffer(staticString: "0\r\n\r\n") : nil }
        defer { if buffer.capacity > Self.keptBytes { buffer = ByteBuffer() } }
        guard isChunked else { return buffer }
        guard framed else {
            buffer.moveReaderIndex(forwardBy: Self.room)
            return buffer
        }
        // Eight digits at most: more than memory would hold.
        let digits = max(1, (Int.bitWidth - payload.leadingZeroBitCount + 3) / 4)
        let start = buffer.readerIndex + Self.room - digits - 2
        for digit in 0..<digits {
            let value = UInt8(truncatingIfNeeded: payload >> (4 * (digits - 1 - digit))) & 15
            buffer.setInteger(value < 10 ? 0x30 + value : 0x57 + value, at: start + digit)
        }
        buffer.setInteger(0x0D0A as UInt16, at: start + digits)
        buffer.moveReaderIndex(to: start)
        buffer.write(last ? "\r\n0\r\n\r\n" : "\r\n")
        return buffer
    }
}
