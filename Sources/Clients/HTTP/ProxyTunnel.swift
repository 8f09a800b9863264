import NIOCore

/// Asks an HTTP proxy for a tunnel, then leaves the pipeline: what follows is between us and the provider.
///
/// Until the proxy has agreed, the handlers behind see a channel that is not active yet.
final class ProxyTunnel: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Refused: Error, CustomStringConvertible {
        let status: Int
        var description: String { "the proxy answered \(status) to CONNECT" }
    }

    private let proxy: ProxyAddress
    private let target: UpstreamTarget
    private var answer = ByteBuffer()
    private var parser = ResponseParser()

    init(proxy: ProxyAddress, target: UpstreamTarget) {
        self.proxy = proxy
        self.target = target
    }

    func channelActive(context: ChannelHandlerContext) {
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
        context.fireChannelActive()
        if answer.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(answer)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }
}
