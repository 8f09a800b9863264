import Clients
import NIOCore

/// The chain's first stage: the same conversation stays on the same route.
struct SessionAffinity: Sendable {
    let isEnabled: Bool
    let pins: SessionPins

    /// What identifies the conversation; `nil` where it is a new one that nobody named.
    ///
    /// Without a session header it is a digest of the client and of everything up to the first answer, once there is
    /// one: the answer tells two chats apart that both open with "hi".
    func session(of request: ChatRequest, named header: String?, client: String) -> PinKey? {
        guard isEnabled else { return nil }
        var digest = PinDigest()
        digest.add(client)
        if let header, !header.isEmpty {
            digest.add(header)
        } else {
            guard let answered = request.messages.firstIndex(where: { $0.role == .assistant }) else { return nil }
            request.body.withUnsafeReadableBytes { bytes in
                for message in request.messages[...answered] { Self.add(bytes, message.range, to: &digest) }
            }
        }
        // A pin belongs to what was asked for as well: another model asked for is another pin.
        return PinKey(session: digest, model: request.model, filters: request.filters)
    }

    /// Of long messages the length, the beginning and the end.
    private static func add(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to digest: inout PinDigest) {
        let edge = 512
        guard range.count > 2 * edge else { return digest.add(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        digest.add(String(range.count))
        digest.add(UnsafeRawBufferPointer(rebasing: bytes[range.prefix(edge)]))
        digest.add(UnsafeRawBufferPointer(rebasing: bytes[range.suffix(edge)]))
    }
}
