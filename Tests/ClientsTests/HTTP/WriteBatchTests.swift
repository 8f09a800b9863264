import NIOCore
import NIOEmbedded
import Testing

@testable import Clients

struct WriteBatchTests {
    private final class Writer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let batch: WriteBatch
        private var writer: SocketWriter?

        init(_ batch: WriteBatch) { self.batch = batch }

        func handlerAdded(context: ChannelHandlerContext) { writer = SocketWriter(context, isPlain: true) }

        func handlerRemoved(context: ChannelHandlerContext) {
            writer?.close()
            writer = nil
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let writer else { return }
            writer.append(unwrapInboundIn(data))
            batch.flush(writer)
        }
    }

    private let loop = EmbeddedEventLoop()

    private func channel(_ batch: WriteBatch) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: Writer(batch), loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test func `what connections write goes out when the loop is through`() throws {
        let batch = WriteBatch(loop: loop)
        let channels = try (0..<3).map { _ in try channel(batch) }
        for turn in 1...2 {
            let text = ByteBuffer(string: "\(turn)")
            for channel in channels {
                try channel.writeInbound(text)
                #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
            }
            loop.run()
            for channel in channels { #expect(try channel.readOutbound(as: ByteBuffer.self) == text) }
        }
    }

    @Test func `a connection that closes meanwhile keeps nothing from the others`() throws {
        let batch = WriteBatch(loop: loop)
        let (gone, other) = try (channel(batch), channel(batch))
        try gone.writeInbound(ByteBuffer(string: "lost"))
        try other.writeInbound(ByteBuffer(string: "sent"))
        _ = try gone.finish(acceptAlreadyClosed: true)
        loop.run()
        #expect(try other.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "sent"))
    }
}
