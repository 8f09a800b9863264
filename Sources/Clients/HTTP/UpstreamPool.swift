package import NIOCore
import NIOPosix
import NIOSSL

/// The connections of one event loop to all providers. Never shared between loops: a call never hops.
package final class UpstreamPool {
    private let loop: any EventLoop
    /// Short requests go out with it; whoever answers clients on this loop may do the same.
    package let writes: WriteBatch
    /// For what is sent from this loop.
    package let buffers = BufferRing()
    private let names: NameResolver
    private let connectTimeout: TimeAmount
    private var idle: [ObjectIdentifier: IdleConnections] = [:]
    private var isSweeping = false
    private var sweeps = 0

    /// Idle connections to one target, the one used last on top: it is the least likely to have been closed by the provider.
    final class IdleConnections {
        fileprivate var stack: [UpstreamConnection] = []
    }

    private static let maxIdlePerTarget = 64
    private static let sweepInterval = TimeAmount.seconds(10)
    /// A connection that was idle for so many sweeps is closed with the next one.
    private static let idleSweeps = 5

    package init(loop: any EventLoop, names: NameResolver, connectTimeout: Duration) {
        self.loop = loop
        writes = WriteBatch(loop: loop)
        self.names = names
        self.connectTimeout = TimeAmount(connectTimeout)
    }

    /// Sends a request; everything that becomes of it reaches `receiver`, never before this returns.
    package func call(
        _ request: consuming UpstreamRequest,
        to target: UpstreamTarget,
        for receiver: any UpstreamReceiver
    ) -> UpstreamCall {
        loop.preconditionInEventLoop()
        let call = UpstreamCall(target: target, request: request, receiver: receiver)
        if let connection = takeIdle(target) {
            connection.begin(call)
        } else {
            connect(for: call)
        }
        return call
    }

    private func takeIdle(_ target: UpstreamTarget) -> UpstreamConnection? {
        guard let idle = idle[ObjectIdentifier(target)] else { return nil }
        while let connection = idle.stack.popLast() {
            if connection.isUsable { return connection }
        }
        return nil
    }

    /// Opens a connection for a call that has none.
    func connect(for call: UpstreamCall) {
        let target = call.target
        let connection = UpstreamConnection(pool: self, target: target, idle: idleConnections(to: target))
        connection.begin(call)
        let loop = loop
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .resolver(ConnectionResolver(names: names, loop: loop))
            .connectTimeout(connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A held stream should cost little; one whose pieces pile up is read in larger gulps.
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 64 * 1024)
            )
        let connecting =
            target.proxy.map { bootstrap.connect(host: $0.host, port: $0.port) }
            ?? bootstrap.connect(host: target.host, port: target.port)
        connecting.whenComplete { result in
            // A name that is known not to exist fails at once: not before the caller knows its call.
            loop.execute {
                do {
                    try Self.open(bound.value, on: result.get())
                } catch {
                    bound.value.fail(.cannotConnect(ConnectFailure.text(error)))
                }
            }
        }
    }

    /// Puts a connection on the channel that won: several are made where a host has several addresses, and a handler
    /// can be in one pipeline only.
    private static func open(_ connection: UpstreamConnection, on channel: any Channel) throws {
        // Whoever asked for it may have left meanwhile.
        guard !connection.isClosed else { return channel.close(promise: nil) }
        guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
        let target = connection.target
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(connection)
        let tls = try target.tls.map { try tlsHandler($0.context, host: target.host) }
        if let proxy = target.proxy {
            try pipeline.addHandler(ProxyTunnel(proxy: proxy, target: target, tls: tls), position: .before(connection))
        } else if let tls {
            try pipeline.addHandler(tls, position: .before(connection))
        }
    }

    /// An IP literal has no place in SNI.
    private static func tlsHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    // MARK: Idle connections

    func recycle(_ connection: UpstreamConnection) {
        guard connection.isUsable else { return }
        if connection.idle.stack.count >= Self.maxIdlePerTarget {
            connection.close()
        } else {
            connection.idleSince = sweeps
            connection.idle.stack.append(connection)
            sweepLater()
        }
    }

    private func idleConnections(to target: UpstreamTarget) -> IdleConnections {
        if let known = idle[ObjectIdentifier(target)] { return known }
        let new = IdleConnections()
        idle[ObjectIdentifier(target)] = new
        return new
    }

    func forget(_ connection: UpstreamConnection) {
        if let place = connection.idle.stack.lastIndex(where: { $0 === connection }) {
            connection.idle.stack.remove(at: place)
        }
    }

    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.sweepInterval) { bound.value.sweep() }
    }

    private func sweep() {
        isSweeping = false
        sweeps += 1
        let stale = idle.values.flatMap { $0.stack.filter { $0.idleSince < sweeps - Self.idleSweeps } }
        for connection in stale { connection.close() }
        if idle.values.contains(where: { !$0.stack.isEmpty }) { sweepLater() }
    }

    /// Closes what is idle; calls under way end by themselves.
    package func closeIdle() {
        for connection in idle.values.flatMap(\.stack) { connection.close() }
    }
}
