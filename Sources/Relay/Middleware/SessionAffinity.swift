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
        if let header, !header.isEmpty { return key(client + "\u{0}" + header, request) }
        guard let answered = request.messages.firstIndex(where: { $0.role == .assistant }) else { return nil }
        var digest = Digest()
        digest.add(client)
        request.body.withUnsafeReadableBytes { bytes in
            for message in request.messages[...answered] {
                digest.add(UnsafeRawBufferPointer(rebasing: bytes[message.range]))
            }
        }
        return key(digest.text, request)
    }

    /// A pin belongs to what was asked for as well: another model asked for is another pin.
    private func key(_ session: String, _ request: ChatRequest) -> PinKey {
        PinKey(session: session, model: request.model, filters: request.filters)
    }

    /// 128 bits over lengths, heads and tails, eight bytes at a time: it tells conversations apart and guards nothing.
    private struct Digest {
        private static let edge = 512
        private var one: UInt64 = 0xCBF2_9CE4_8422_2325
        private var other: UInt64 = 0x9E37_79B9_7F4A_7C15

        var text: String { String(one, radix: 16) + "-" + String(other, radix: 16) }

        mutating func add(_ text: String) {
            var text = text
            text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }

        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            mix(UInt64(bytes.count))
            addWords(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.edge)))
            addWords(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.edge).suffix(Self.edge)))
        }

        private mutating func addWords(_ bytes: UnsafeRawBufferPointer) {
            var at = 0
            while at + 8 <= bytes.count {
                mix(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                at += 8
            }
            for byte in bytes[at...] { mix(UInt64(byte)) }
        }

        private mutating func mix(_ value: UInt64) {
            one = (one ^ value) &* 0x9FB2_1C65_1E98_DF25
            one ^= one >> 32
            other = (other &+ value) &* 0xFF51_AFD7_ED55_8CCD
            other ^= other >> 29
        }
    }
}
