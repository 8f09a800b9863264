import NIOCore
import NIOSSL

/// Asks an HTTP proxy for a tunnel, then gives its place to TLS: what follows is between us and the provider.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Refused: Error, CustomStringConvertible {
        let status: Int
        var description: String { "the proxy answered \(status) to CONNECT" }
    }

    private let proxy: ProxyAddress
    private let target: UpstreamTarget
    private let tls: NIOSSLClientHandler?
    private var answer = ByteBuffer()
    private var parser = ResponseParser()

    /// To be added to a channel that is connected to the proxy.
    init(proxy: ProxyAddress, target: UpstreamTarget, tls: NIOSSLClientHandler?) {
        self.proxy = proxy
        self.target = target
        self.tls = tls
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let name = target.host.contains(":") ? "[\(target.host)]" : target.host
        var request = "CONNECT \(name):\(target.port) HTTP/1.1\r\nhost: \(name):\(target.port)\r\n"
        if let authorization = proxy.authorization { request += "proxy-authorization: \(authorization)\r\n" }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request + "\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        answer.writeBuffer(&bytes)
        do throws(ResponseParser.Fault) {
            guard case .head(let head) = try parser.next(&answer) else { return }
            guard head.status / 100 == 2 else { return refuse(Refused(status: head.status), context) }
        } catch {
            return refuse(error, context)
        }
        do {
            // The handshake begins here.
            if let tls { try context.pipeline.syncOperations.addHandler(tls, position: .after(self)) }
        } catch {
            return refuse(error, context)
        }
        if answer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(answer)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }
}
