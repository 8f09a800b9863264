@testable import Relay

/// A response as the test saw it.
struct RawResponse: Sendable {
    struct Head: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]

        /// The first header of that name, whatever its case.
        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    enum End: Sendable, Equatable {
        case complete
        /// The connection was closed inside the body.
        case truncated
        case reset
    }

    var head: Head
    /// The body as it arrived, without its framing.
    var pieces: [RawHTTPClient.Arrival]
    var end: End

    var status: Int { head.status }
    var body: [UInt8] { pieces.flatMap(\.bytes) }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// `.null` where the body is no JSON.
    var json: SimulatedJSON { (try? SimulatedJSON.parse(body)) ?? .null }
    var isStream: Bool { header("content-type")?.hasPrefix("text/event-stream") ?? false }

    func header(_ name: String) -> String? { head.header(name) }
}

extension RawHTTPClient {
    /// The next response's head; interim ones (1xx) are passed over.
    func readHead(within limit: Duration = .seconds(10)) async throws -> RawResponse.Head {
        while true {
            if let head = try inbox.withReader({ try $0.takeHead() }) {
                if head.status >= 200 { return head }
                continue
            }
            guard let arrival = try await receive(within: limit) else { throw Failure.truncated }
            inbox.withReader { $0.feed(arrival) }
        }
    }

    /// The next piece of the body; `nil` at its end.
    func readBodyPiece(within limit: Duration = .seconds(10)) async throws -> Arrival? {
        while true {
            switch try inbox.withReader({ try $0.takeBody() }) {
            case .piece(let piece): return piece
            case .end: return nil
            case .needsMore: break
            }
            if let arrival = try await receive(within: limit) {
                inbox.withReader { $0.feed(arrival) }
            } else if inbox.withReader({ $0.endsWithConnection }) {
                return nil
            } else {
                throw Failure.truncated
            }
        }
    }

    /// One response to its end, however it ends; `limit` is for each wait, not for the whole.
    func readResponse(within limit: Duration = .seconds(10)) async throws -> RawResponse {
        var response = RawResponse(head: try await readHead(within: limit), pieces: [], end: .complete)
        do {
            while let piece = try await readBodyPiece(within: limit) { response.pieces.append(piece) }
        } catch Failure.truncated {
            response.end = .truncated
        } catch Failure.reset {
            response.end = .reset
        }
        return response
    }
}
