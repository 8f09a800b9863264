import NIOCore

/// A request as its client sent it, where what Relay works with is a translation: a provider that speaks the client's own
/// API is sent these bytes, so that what a chat completion has no word for reaches it.
struct ClientOriginal: Sendable {
    let wire: Wire
    let body: ByteBuffer
    /// Where each message of the translation came from.
    let origins: [Origin]

    /// A message's place among the client's.
    struct Origin: Sendable, Equatable {
        /// Of the client's messages; several that follow on one another may have become one.
        var messages: Range<Int>
        var part: Part
    }

    enum Part: Sendable, Equatable {
        /// The client has a member of its own for the system text.
        case system
        case whole
        /// One block of the message's content, a tool's result.
        case block(Int)
        /// What is left of a message whose tool results have become messages of their own.
        case rest
    }
}
