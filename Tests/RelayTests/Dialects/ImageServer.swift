import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Serves one GIF at every path on a free port of loopback; `/missing` is 404, `/slow` never answers.
final class ImageServer: Sendable {
    private let channel: any Channel
    private let paths: PathList

    var port: Int { channel.localAddress?.port ?? 0 }
    /// What was asked for, in order.
    var requests: [String] { paths.list.withLock { $0 } }

    private final class PathList: Sendable {
        let list = Mutex<[String]>([])
    }

    private init(channel: any Channel, paths: PathList) {
        self.channel = channel
        self.paths = paths
    }

    static func start() async throws -> ImageServer {
        let paths = PathList()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(paths: paths))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return ImageServer(channel: channel, paths: paths)
    }

    func stop() async throws { try await channel.close() }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        let paths: PathList

        init(paths: PathList) { self.paths = paths }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let request) = unwrapInboundIn(data) else { return }
            paths.list.withLock { $0.append(request.uri) }
            guard request.uri != "/slow" else { return }
            let body = ByteBuffer(string: "GIF89a;")
            let head = HTTPResponseHead(
                version: .http1_1,
                status: request.uri == "/missing" ? .notFound : .ok,
                headers: ["content-length": "\(body.readableBytes)", "content-type": "image/gif"]
            )
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
