import NIOCore
import Testing

@testable import Clients

/// A dialect at work on texts.
struct DialectRun {
    let dialect: any Dialect
    let call = DialectCall(model: "m", tag: "t1", created: 7)

    init(_ dialect: any Dialect) { self.dialect = dialect }

    func request(_ chat: String) throws -> String { String(buffer: try dialect.request(ByteBuffer(string: chat))) }

    func answer(_ body: String) throws -> String {
        String(buffer: try dialect.answer(ByteBuffer(string: body), to: call))
    }

    /// The payloads of the events that a stream becomes, its bytes given in pieces of that size.
    func events(_ text: String, piece: Int = .max) throws -> [String] {
        var stream = dialect.stream(of: call)
        var events = ByteBuffer()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))) {
            let end = min(bytes.count, start + min(piece, bytes.count))
            try stream.receive(ByteBuffer(bytes: bytes[start..<end]), into: &events)
        }
        try stream.end(into: &events)
        return String(buffer: events).components(of: "\n\n")
            .map { $0.hasPrefix("data: ") ? String($0.dropFirst(6)) : $0 }
    }
}

extension String {
    /// What stands between the separators, empty pieces left out.
    fileprivate func components(of separator: String) -> [String] {
        var pieces: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            pieces.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return (pieces + [String(rest)]).filter { !$0.isEmpty }
    }
}
