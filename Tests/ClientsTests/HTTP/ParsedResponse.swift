import NIOCore

@testable import Clients

/// All that the parser says of one response, however its bytes arrive.
struct ParsedResponse: Equatable {
    var status: Int?
    var isVersion10 = false
    var body: [UInt8] = []
    var hasEnded = false
    var isRefused = false
    var keepsAlive = false
    /// Bytes that follow the response.
    var leftOver = 0

    /// Reads the pieces as a connection does, then its end of file where `closes`.
    init(_ pieces: [ArraySlice<UInt8>], closes: Bool) {
        var parser = ResponseParser()
        var pending = ByteBuffer()
        do throws(ResponseParser.Fault) {
            for piece in pieces {
                pending.writeBytes(piece)
                guard !hasEnded else { continue }
                try read(&pending, &parser)
            }
            if closes, !hasEnded {
                try parser.close()
                hasEnded = true
            }
        } catch {
            isRefused = true
        }
        keepsAlive = hasEnded && parser.keepsAlive
        leftOver = hasEnded ? pending.readableBytes : 0
    }

    private mutating func read(_ bytes: inout ByteBuffer, _ parser: inout ResponseParser) throws(ResponseParser.Fault) {
        while !hasEnded, let event = try parser.next(&bytes) {
            switch event {
            case .head(let head):
                status = head.status
                isVersion10 = head.isVersion10
            case .body(let piece): body += piece.readableBytesView
            case .end: hasEnded = true
            }
        }
    }

    static func whole(_ bytes: [UInt8], closes: Bool = true) -> ParsedResponse {
        ParsedResponse([bytes[...]], closes: closes)
    }

    static func byteByByte(_ bytes: [UInt8], closes: Bool = true) -> ParsedResponse {
        ParsedResponse(bytes.indices.map { bytes[$0...$0] }, closes: closes)
    }

    static func split(_ bytes: [UInt8], at place: Int, closes: Bool = true) -> ParsedResponse {
        ParsedResponse([bytes[..<place], bytes[place...]], closes: closes)
    }

    static func inPieces(of size: Int, _ bytes: [UInt8]) -> ParsedResponse {
        let starts = stride(from: 0, to: bytes.count, by: size)
        return ParsedResponse(starts.map { bytes[$0..<min($0 + size, bytes.count)] }, closes: true)
    }
}
