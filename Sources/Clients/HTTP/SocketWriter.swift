package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What one connection writes, sent to its socket at once: the way through a channel's pipeline and its queue would cost
/// each of a call's two writes some 2,500 instructions of the call's 90,000.
///
/// What the socket does not take is left to the channel, and whatever follows until it has sent that: bytes keep their order, and the
/// channel says when there is too much of them, and what becomes of a connection that broke.
package final class SocketWriter {
    private var context: ChannelHandlerContext?
    private let channel: any Channel
    /// `nil` where others change the bytes on their way, and all is left to the channel.
    private let socket: NIOBSDSocket.Handle?
    private var waiting: [ByteBuffer] = []
    /// The channel was left something, and may have it still.
    private var hasLeft = false

    /// More pieces than this are left to the channel.
    private static let mostPieces = 8

    /// - Parameters:
    ///   - context: of the handler from which the bytes go out; nobody before it has written.
    ///   - isPlain: between it and the socket nobody changes them.
    package init(_ context: ChannelHandlerContext, isPlain: Bool) {
        self.context = context
        channel = context.channel
        let socket = try? context.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        self.socket = isPlain ? socket : nil
    }

    /// Is sent with the next `flush`.
    package func append(_ bytes: consuming ByteBuffer) { waiting.append(bytes) }

    package func flush() {
        guard !waiting.isEmpty else { return }
        // The number of a socket that has been closed may be another one's already; a channel that has closed it is not active.
        if let socket, channel.isActive, !hasUnsent() {
            let sent = send(to: socket)
            if sent == waiting.reduce(0, { $0 + $1.readableBytes }) {
                waiting.removeAll(keepingCapacity: true)
            } else {
                leave(behind: sent)
            }
        } else {
            leave(behind: 0)
        }
    }

    /// The handler has gone, and with it whatever was not sent.
    package func close() {
        context = nil
        waiting = []
    }

    private func hasUnsent() -> Bool {
        if hasLeft { hasLeft = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) != 0 }
        return hasLeft
    }

    /// How many bytes the socket has taken; what is wrong with it, the channel will see.
    private func send(to socket: NIOBSDSocket.Handle) -> Int {
        if waiting.count == 1 {
            return waiting[0].withUnsafeReadableBytes { max(0, write(socket, $0.baseAddress, $0.count)) }
        }
        guard waiting.count <= Self.mostPieces else { return 0 }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: waiting.count) { vectors in
            send(to: socket, from: 0, vectors)
        }
    }

    /// All pieces from one on, those before it being in `vectors` already: bytes lie still as long as they are asked for.
    private func send(to socket: NIOBSDSocket.Handle, from piece: Int, _ vectors: UnsafeMutableBufferPointer<iovec>)
        -> Int
    {
        guard piece < waiting.count else { return max(0, writev(socket, vectors.baseAddress, Int32(vectors.count))) }
        return waiting[piece]
            .withUnsafeReadableBytes { bytes in
                let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                vectors[piece] = iovec(iov_base: start, iov_len: bytes.count)
                return send(to: socket, from: piece + 1, vectors)
            }
    }

    /// Has the channel send what comes after so many bytes.
    private func leave(behind sent: Int) {
        let rest = waiting
        waiting = []
        guard let context else { return }
        hasLeft = true
        var skipped = sent
        for var bytes in rest {
            let count = min(skipped, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: count)
            skipped -= count
            if bytes.readableBytes > 0 { context.write(NIOAny(bytes), promise: nil) }
        }
        context.flush()
    }
}
