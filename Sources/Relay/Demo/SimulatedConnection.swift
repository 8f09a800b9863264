import NIOCore
import NIOHTTP1

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One connection to a simulated provider: collects requests, plays the replies one after the other.
final class SimulatedConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let ledger: SimulatedLedger
    private let number: Int
    private var reading: SimulatedProvider.ReceivedRequest?
    private var waiting: [SimulatedProvider.ReceivedRequest] = []
    private var playing: Play?

    private struct Play {
        var number: Int
        var reply: SimulatedReply
        var position = 0
        var isPaused = false
    }

    init(ledger: SimulatedLedger) {
        self.ledger = ledger
        number = ledger.withState { state in
            state.tally.connections += 1
            state.tally.openConnections += 1
            return state.tally.connections
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
            reading = .init(
                connection: number,
                method: head.method.rawValue,
                path: parts.first ?? head.uri,
                query: parts.count > 1 ? parts[1] : "",
                headers: head.headers.map { (name: $0.name, value: $0.value) },
                arrival: .now
            )
        case .body(let buffer): reading?.body += buffer.readableBytesView
        case .end:
            guard let request = reading else { return }
            reading = nil
            waiting.append(request)
            playNext(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let play = playing { ledger.finish(play.number, .cancelled) }
        playing = nil
        waiting = []
        ledger.withState { $0.tally.openConnections -= 1 }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { play(context) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func playNext(_ context: ChannelHandlerContext) {
        guard playing == nil, !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        let (number, reply) = ledger.reply(to: request, at: request.arrival)
        playing = Play(number: number, reply: reply)
        play(context)
    }

    /// Plays steps until one has to be waited for; a client that reads slowly is waited for too.
    private func play(_ context: ChannelHandlerContext) {
        while var play = playing, !play.isPaused, context.channel.isWritable {
            guard play.position < play.reply.steps.count else {
                ledger.finish(play.number, .answered(play.reply.status))
                playing = nil
                playNext(context)
                return
            }
            let step = play.reply.steps[play.position]
            play.position += 1
            playing = play
            switch step {
            case .write(let bytes):
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
            case .wait(let duration):
                playing?.isPaused = true
                resume(after: duration, number: play.number, context)
            case .hang:
                playing?.isPaused = true
            case .close:
                end(play, .answered(play.reply.status))
                context.close(promise: nil)
            case .hangUp:
                end(play, .broken)
                context.close(promise: nil)
            case .reset:
                end(play, .broken)
                reset(context)
            }
        }
    }

    private func resume(after duration: Duration, number: Int, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: TimeAmount(duration)) {
            let (connection, context) = bound.value
            guard connection.playing?.number == number else { return }
            connection.playing?.isPaused = false
            connection.play(context)
        }
    }

    private func end(_ play: Play, _ outcome: SimulatedProvider.ReceivedRequest.Outcome) {
        ledger.finish(play.number, outcome)
        playing = nil
    }

    /// Closes with a TCP reset: what was sent and not yet read is lost to the client too.
    private func reset(_ context: ChannelHandlerContext) {
        guard let socket = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
