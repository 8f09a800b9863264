import NIOCore
import NIOPosix
import Testing

@testable import Clients

struct SocketWriterTests {
    /// The byte at each place of what is sent, so that nothing can be missing, twice there or out of order unseen.
    private static func byte(at place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 31 &+ place >> 8) }

    /// Writes bursts that no socket takes at once, each when the channel has room again, and then ends its side.
    private final class Pourer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let isPlain: Bool
        private let total: Int
        private var writer: SocketWriter?
        private var sent = 0
        private var burst = 0

        init(isPlain: Bool, total: Int) {
            self.isPlain = isPlain
            self.total = total
        }

        func handlerAdded(context: ChannelHandlerContext) { writer = SocketWriter(context, isPlain: isPlain) }

        func handlerRemoved(context: ChannelHandlerContext) { writer?.close() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { pour(context) }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if context.channel.isWritable { pour(context) }
        }

        private func pour(_ context: ChannelHandlerContext) {
            burst += 1
            let end = min(total, sent + total / 5)
            var random = SplitMix(seed: UInt64(burst))
            while sent < end {
                for _ in 0...random.below(10) where sent < end { append(min(end - sent, 1 + random.below(40_000))) }
                writer?.flush()
            }
            if sent == total {
                context.close(mode: .output, promise: nil)
            } else if context.channel.isWritable {
                context.eventLoop.assumeIsolated().execute { self.pour(context) }
            }
        }

        private func append(_ count: Int) {
            writer?.append(ByteBuffer(bytes: (sent..<sent + count).map(SocketWriterTests.byte)))
            sent += count
        }
    }

    /// Keeps what comes, until the other side ends.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var received = ByteBuffer()
        private let done: EventLoopPromise<ByteBuffer>

        init(_ done: EventLoopPromise<ByteBuffer>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            received.writeBuffer(&bytes)
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(received) }
    }

    private static func listen(_ handler: @escaping @Sendable () -> any ChannelHandler) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    /// Says a word, and reads to the end.
    private static func received(from server: any Channel) async throws -> ByteBuffer {
        let address = try #require(server.localAddress)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(done))
                }
            }
            .connect(to: address)
            .get()
        try await channel.writeAndFlush(ByteBuffer(string: "go"))
        return try await done.futureResult.get()
    }

    @Test(arguments: [true, false])
    func `what a socket does not take at once follows in order`(_ isPlain: Bool) async throws {
        let total = 4_000_000
        let server = try await Self.listen { Pourer(isPlain: isPlain, total: total) }
        let bytes = try await Self.received(from: server)
        try await server.close()
        #expect(bytes.readableBytes == total)
        let wrong = bytes.readableBytesView.enumerated().first { $0.element != Self.byte(at: $0.offset) }
        #expect(wrong == nil)
    }

    /// Goes on writing when its connection has gone.
    private final class Late: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var writer: SocketWriter?

        func handlerAdded(context: ChannelHandlerContext) { writer = SocketWriter(context, isPlain: true) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            writer?.append(ByteBuffer(string: "said"))
            writer?.flush()
            writer?.append(ByteBuffer(string: "not said"))
            context.close(promise: nil)
            writer?.flush()
            writer?.close()
            writer?.append(ByteBuffer(string: "nor this"))
            writer?.flush()
        }
    }

    @Test func `nothing is sent to a socket that was closed`() async throws {
        let server = try await Self.listen { Late() }
        let bytes = try await Self.received(from: server)
        try await server.close()
        #expect(bytes == ByteBuffer(string: "said"))
    }
}
