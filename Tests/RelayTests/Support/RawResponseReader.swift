/// Takes heads and bodies out of the bytes of a connection. Bytes after a response belong to the next one.
struct RawResponseReader: Sendable {
    enum Step: Sendable {
        case piece(RawHTTPClient.Arrival)
        case needsMore
        case end
    }

    private enum Framing { case length(left: Int), chunked(left: Int), connection, none }

    private var bytes: [UInt8] = []
    private var arrivedAt: ContinuousClock.Instant = .now
    private var framing: Framing = .none

    /// The body has no other end than the connection's.
    var endsWithConnection: Bool {
        if case .connection = framing { true } else { false }
    }

    mutating func feed(_ arrival: RawHTTPClient.Arrival) {
        bytes += arrival.bytes
        arrivedAt = arrival.at
    }

    /// `nil` until the head is there.
    mutating func takeHead() throws -> RawResponse.Head? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        bytes.removeSubrange(..<end.upperBound)
        guard let first = lines.first, first.hasPrefix("HTTP/1."), let status = Int(first.dropFirst(9).prefix(3)) else {
            throw RawHTTPClient.Failure.malformed("status line: \(lines.first ?? "")")
        }
        let headers = try lines.dropFirst()
            .map { line -> (name: String, value: String) in
                guard let colon = line.firstIndex(of: ":") else { throw RawHTTPClient.Failure.malformed("\(line)") }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (String(line[..<colon]), String(value))
            }
        let head = RawResponse.Head(status: status, headers: headers)
        if status < 200 || status == 204 || status == 304 {
            framing = .none
        } else if head.header("transfer-encoding")?.lowercased() == "chunked" {
            framing = .chunked(left: 0)
        } else if let length = head.header("content-length").flatMap({ Int($0) }) {
            framing = .length(left: length)
        } else {
            framing = .connection
        }
        return head
    }

    mutating func takeBody() throws -> Step {
        switch framing {
        case .none: return .end
        case .connection: return bytes.isEmpty ? .needsMore : .piece(take(bytes.count))
        case .length(0):
            framing = .none
            return .end
        case .length(let left):
            guard !bytes.isEmpty else { return .needsMore }
            let count = min(left, bytes.count)
            framing = .length(left: left - count)
            return .piece(take(count))
        case .chunked(0): return try takeChunkSize()
        case .chunked(let left):
            // The chunk's line end is taken with its last byte.
            guard bytes.count > 0, left > bytes.count || bytes.count >= left + 2 else { return .needsMore }
            let count = min(left, bytes.count)
            let piece = take(count)
            framing = .chunked(left: left - count)
            if count == left {
                guard bytes.starts(with: [0x0D, 0x0A]) else { throw RawHTTPClient.Failure.malformed("chunk end") }
                bytes.removeFirst(2)
            }
            return .piece(piece)
        }
    }

    private mutating func takeChunkSize() throws -> Step {
        guard let end = bytes.firstRange(of: [0x0D, 0x0A]) else { return .needsMore }
        let line = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
            throw RawHTTPClient.Failure.malformed("chunk size: \(line)")
        }
        guard size == 0 else {
            bytes.removeSubrange(..<end.upperBound)
            framing = .chunked(left: size)
            return try takeBody()
        }
        let rest = bytes[end.upperBound...]
        if rest.starts(with: [0x0D, 0x0A]) {
            bytes.removeSubrange(..<(end.upperBound + 2))
        } else if let trailers = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            bytes.removeSubrange(..<trailers.upperBound)
        } else {
            return .needsMore
        }
        framing = .none
        return .end
    }

    private mutating func take(_ count: Int) -> RawHTTPClient.Arrival {
        defer { bytes.removeFirst(count) }
        return .init(bytes: Array(bytes[..<count]), at: arrivedAt)
    }
}
