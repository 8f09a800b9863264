package import NIOCore

/// Reads HTTP/1.1 responses out of the bytes of one connection, and nothing that is not beyond doubt.
///
/// What NIOHTTP1 refuses, this refuses; where it is lenient (bare LF, repeated `Content-Length`), this is not: a
/// connection on which framing is uncertain must be closed, or the next request would read the last one's answer.
package struct ResponseParser: Sendable {
    package enum Event: Sendable {
        case head(ResponseHead)
        /// A piece of the body, without transfer framing; a slice of what was read.
        case body(ByteBuffer)
        case end
    }

    package enum Fault: Error, Sendable, Equatable {
        case headTooLong
        case badStatusLine
        case badField
        case conflictingLength
        case unsupportedTransferEncoding
        case badChunkSize
        case badChunkEnd
        case trailersTooLong
        case unexpectedUpgrade
        /// The connection closed in the middle of a head or a body.
        case truncated
    }

    private enum State: Sendable, Equatable {
        case head
        case fixed(remaining: Int)
        case untilClose
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers(bytes: Int)
        case finished
    }

    package static let maxHeadBytes = 64 * 1024
    private static let maxChunkLineBytes = 1024
    private static let maxTrailerBytes = 8 * 1024

    private var state = State.head
    /// Whether the connection may carry another request once the answer has ended.
    package private(set) var keepsAlive = true

    package init() {}

    /// Ready for the next answer on the same connection.
    package mutating func reset() {
        state = .head
        keepsAlive = true
    }

    package var isAtStart: Bool { state == .head }

    /// The next event in `buffer`, whose read bytes are consumed; `nil` when more bytes are needed.
    package mutating func next(_ buffer: inout ByteBuffer) throws(Fault) -> Event? {
        while true {
            switch state {
            case .head:
                guard let head = try readHead(&buffer) else { return nil }
                if head.status / 100 == 1 {
                    guard head.status != 101 else { throw .unexpectedUpgrade }
                    continue
                }
                return .head(head)
            case .fixed(let remaining):
                if remaining == 0 {
                    state = .finished
                    continue
                }
                guard let piece = buffer.readSlice(length: min(remaining, buffer.readableBytes)),
                    piece.readableBytes > 0
                else { return nil }
                state = .fixed(remaining: remaining - piece.readableBytes)
                return .body(piece)
            case .untilClose:
                guard buffer.readableBytes > 0, let piece = buffer.readSlice(length: buffer.readableBytes) else {
                    return nil
                }
                return .body(piece)
            case .chunkSize:
                guard let size = try readChunkSize(&buffer) else { return nil }
                state = size == 0 ? .trailers(bytes: 0) : .chunk(remaining: size)
            case .chunk(let remaining):
                guard let piece = buffer.readSlice(length: min(remaining, buffer.readableBytes)),
                    piece.readableBytes > 0
                else { return nil }
                let left = remaining - piece.readableBytes
                state = left == 0 ? .chunkEnd : .chunk(remaining: left)
                return .body(piece)
            case .chunkEnd:
                guard buffer.readableBytes >= 2 else { return nil }
                guard buffer.readInteger(as: UInt16.self) == 0x0D0A else { throw .badChunkEnd }
                state = .chunkSize
            case .trailers(let bytes):
                guard let line = try readTrailer(&buffer, soFar: bytes) else { return nil }
                state = line == 0 ? .finished : .trailers(bytes: bytes + line)
            case .finished:
                return .end
            }
        }
    }

    /// What the peer's close means: the end of an answer that is delimited by it, else a truncated one.
    package mutating func close() throws(Fault) {
        guard state == .untilClose else { throw .truncated }
        state = .finished
    }

    // MARK: Head

    private mutating func readHead(_ buffer: inout ByteBuffer) throws(Fault) -> ResponseHead? {
        let start = buffer.readerIndex
        let scanned: Result<HeadScan?, Fault> = buffer.withUnsafeReadableBytes { bytes in
            do throws(Fault) { return .success(try HeadScan(bytes)) } catch { return .failure(error) }
        }
        guard let head = try scanned.get() else {
            guard buffer.readableBytes <= Self.maxHeadBytes else { throw .headTooLong }
            return nil
        }
        guard head.length <= Self.maxHeadBytes, let bytes = buffer.readSlice(length: head.length) else {
            throw .headTooLong
        }
        assert(buffer.readerIndex == start + head.length)
        guard !head.hasTransferEncoding || head.contentLength == nil else { throw .conflictingLength }
        let isInterim = head.status / 100 == 1
        if !isInterim {
            state = try bodyState(of: head)
            keepsAlive = head.keepsAlive && state != .untilClose
        }
        return ResponseHead(
            status: head.status,
            isVersion10: head.isVersion10,
            bytes: bytes,
            fields: head.fields
        )
    }

    private func bodyState(of head: HeadScan) throws(Fault) -> State {
        if head.status == 204 || head.status == 304 { return .finished }
        if head.hasTransferEncoding {
            guard head.isChunked, !head.isVersion10 else { throw .unsupportedTransferEncoding }
            return .chunkSize
        }
        return head.contentLength.map(State.fixed(remaining:)) ?? .untilClose
    }

    // MARK: Chunks

    /// `1F4;name=value\r\n`; at most 15 hexadecimal digits.
    private func readChunkSize(_ buffer: inout ByteBuffer) throws(Fault) -> Int? {
        let line: Result<(size: Int, length: Int)?, Fault> = buffer.withUnsafeReadableBytes { bytes in
            var size = 0
            var index = 0
            while index < bytes.count, let digit = ASCII.hexValue(bytes[index]) {
                guard index < 15 else { return .failure(.badChunkSize) }
                size = size << 4 | digit
                index += 1
            }
            guard index < bytes.count else { return bytes.count > 15 ? .failure(.badChunkSize) : .success(nil) }
            guard index > 0 else { return .failure(.badChunkSize) }
            if bytes[index] == UInt8(ascii: ";") {
                var extensions = ChunkExtensions()
                while index < bytes.count, bytes[index] != 0x0D {
                    guard index < Self.maxChunkLineBytes, extensions.accepts(bytes[index]) else {
                        return .failure(.badChunkSize)
                    }
                    index += 1
                }
                guard index < bytes.count else { return .success(nil) }
                guard extensions.mayEnd else { return .failure(.badChunkSize) }
            }
            guard bytes[index] == 0x0D else { return .failure(.badChunkSize) }
            guard index + 1 < bytes.count else { return .success(nil) }
            return bytes[index + 1] == 0x0A ? .success((size, index + 2)) : .failure(.badChunkSize)
        }
        guard let line = try line.get() else { return nil }
        buffer.moveReaderIndex(forwardBy: line.length)
        return line.size
    }

    /// The length of the next trailer line, 0 for the empty one that ends the body.
    private func readTrailer(_ buffer: inout ByteBuffer, soFar: Int) throws(Fault) -> Int? {
        guard let end = buffer.readableBytesView.firstIndex(of: 0x0A) else {
            guard soFar + buffer.readableBytes <= Self.maxTrailerBytes else { throw .trailersTooLong }
            return nil
        }
        let length = end - buffer.readerIndex + 1
        guard soFar + length <= Self.maxTrailerBytes else { throw .trailersTooLong }
        guard let line = buffer.readSlice(length: length)?.readableBytesView, length >= 2,
            line[line.endIndex - 2] == 0x0D
        else { throw .badField }
        let field = line.dropLast(2)
        if field.isEmpty { return 0 }
        guard let colon = field.firstIndex(of: UInt8(ascii: ":")), colon > field.startIndex,
            field[..<colon].allSatisfy(HeadScan.isTokenByte), !Self.isFraming(field[..<colon]),
            field[colon...].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { throw .badField }
        return length
    }

    /// Fields that would change where the body ends have no place behind it (RFC 9110 §6.5.1).
    private static func isFraming(_ name: ByteBufferView) -> Bool {
        let name = name.map(ASCII.lowercased)
        return name.elementsEqual("content-length".utf8) || name.elementsEqual("transfer-encoding".utf8)
    }
}

/// `;name`, `;name=token` or `;name="quoted"`, any number of times (RFC 9112 §7.1.1), byte by byte. They are not read,
/// only held to their form.
private struct ChunkExtensions {
    private enum Place { case before, nameStart, name, valueStart, value, quoted, escaped, afterQuote }
    private var place = Place.before

    var mayEnd: Bool { place == .name || place == .value || place == .afterQuote }

    mutating func accepts(_ byte: UInt8) -> Bool {
        switch (place, byte) {
        case (.before, UInt8(ascii: ";")), (.name, UInt8(ascii: ";")), (.value, UInt8(ascii: ";")),
            (.afterQuote, UInt8(ascii: ";")):
            place = .nameStart
        case (.name, UInt8(ascii: "=")): place = .valueStart
        case (.valueStart, UInt8(ascii: "\"")): place = .quoted
        case (.quoted, UInt8(ascii: "\"")): place = .afterQuote
        case (.quoted, UInt8(ascii: "\\")): place = .escaped
        case (.quoted, _), (.escaped, _):
            place = .quoted
            return byte >= 0x20 && byte != 0x7F || byte == 0x09
        case (.nameStart, _), (.name, _):
            place = .name
            return HeadScan.isTokenByte(byte)
        case (.valueStart, _), (.value, _):
            place = .value
            return HeadScan.isTokenByte(byte)
        case (.before, _), (.afterQuote, _): return false
        }
        return true
    }
}
