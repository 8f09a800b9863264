import Clients
import NIOCore
import NIOPosix

/// Runs one `Exchange`: feeds it what the upstream, the clock and the queues say, and does what it answers.
///
/// Lives on the event loop of the connection it serves. It decides nothing.
final class ModelCall: UpstreamReceiver {
    /// Which lets go of the call when it ends.
    private let connection: ClientConnection
    private let gateway: Gateway
    private let services: LoopServices
    private let exchange: Exchange
    private var call: UpstreamCall?
    private var ticket: QuotaQueue.Ticket?
    private var wait: Scheduled<Void>?
    private var fetching: Task<Void, Never>?
    private var place = Place.none
    private var isDone = false
    /// Where the ticker keeps it.
    var tickerPlace: Int?
    /// The memory of its request, and of the images that were fetched for it; held until the call has ended.
    private var memory: HeldMemory
    private var imageMemory: MemoryLease?
    /// When its stream was last read, or was to be read on.
    private var lastRead = Now.never
    /// It reads on with the next beat.
    private var isResting = false

    /// Where the call stands in the admission queue.
    private enum Place { case none, waiting(ticket: UInt64), running }

    init(
        connection: ClientConnection,
        gateway: Gateway,
        services: LoopServices,
        call: WireCall,
        facts: CallFacts,
        memory: consuming HeldMemory
    ) {
        self.connection = connection
        self.gateway = gateway
        self.services = services
        self.memory = memory
        exchange = Exchange(chain: gateway.chain, call: call, facts: facts, buffers: services.buffers)
    }

    var deadline: Instant? { exchange.deadline }

    /// Its answer ends where its connection does: one of unknown length to HTTP/1.0, or one that broke off.
    var endsWithConnection: Bool { exchange.reply.endsWithConnection }

    /// Goes in, or waits for a place among the running.
    func begin() {
        services.ticker.add(self)
        let now = exchange.facts.received.reread()
        let entry = gateway.admission.enter {
            let bound = NIOLoopBound(self, eventLoop: services.loop)
            return { [loop = services.loop] in loop.execute { bound.value.admitted() } }
        }
        switch entry {
        case .admitted:
            place = .running
            handle(.begin, at: now)
        case .waiting(let ticket):
            place = .waiting(ticket: ticket)
            handle(.queued(until: now.instant.advanced(by: gateway.queueTimeout)), at: now)
        case .full:
            handle(.queued(until: now.instant), at: now)
            handle(.tick, at: now)
        }
    }

    /// A place has come free and is this call's already.
    private func admitted() {
        guard !isDone, case .waiting = place else { return gateway.admission.leave() }
        place = .running
        handle(.begin, at: .read())
    }

    private func giveUpPlace() {
        switch place {
        case .none: break
        case .running: gateway.admission.leave()
        // Where the place was given to it in this moment, `admitted` gives it back.
        case .waiting(let ticket): _ = gateway.admission.abandon(ticket: ticket)
        }
        place = .none
    }

    func tick(at now: Now) { handle(.tick, at: now) }

    func clientLeft() { handle(.clientLeft, at: .read()) }

    func receive(_ event: consuming UpstreamEvent, of call: UpstreamCall) {
        guard call === self.call else { return }
        if call.hasEnded { self.call = nil }
        let now = exchange.facts.received.reread()
        handle(.upstream(event), at: now, sending: .withOthers)
        if exchange.phase == .streaming, exchange.request.wantsStream { keepCadence(at: now) }
    }

    // MARK: Reading

    /// The client's socket is full, or has room again.
    func setWritable(_ isWritable: Bool) {
        if isWritable, !isResting { call?.resume() } else { call?.pause() }
    }

    private func keepCadence(at now: Now) {
        let isFast = now.ticks < lastRead &+ StreamCadence.beat.nanoseconds
        lastRead = now.ticks
        guard isFast, !isResting, let call else { return }
        isResting = true
        call.pause()
        services.cadence.rest(self)
    }

    /// The beat for which it rested.
    func goOn(at now: Now) {
        guard !isDone else { return }
        isResting = false
        lastRead = now.ticks
        if connection.isWritable { call?.resume() }
    }

    // MARK: Actions

    private func handle(_ event: consuming Exchange.Event, at now: Now, sending: ClientConnection.Sending = .now) {
        guard !isDone else { return }
        perform(exchange.receive(event, at: now), at: now, sending: sending)
    }

    private func perform(_ actions: consuming Exchange.Actions, at now: Now, sending: ClientConnection.Sending) {
        if actions.cancelsCall {
            call?.cancel()
            call = nil
        }
        if actions.leavesQueue { leaveQueue() }
        if !actions.write.isEmpty { connection.write(actions.write.take(), sending: sending) }
        if actions.ends || exchange.phase == .done {
            return end(hasReply: actions.ends)
        }
        if let (route, request) = actions.call.take() { start(request, to: route, at: now) }
        if let work = actions.fit { offload(work) }
        if let work = actions.reading { offload(work) }
        if !actions.fetch.isEmpty { fetch(actions.fetch) }
        if let time = actions.waitsUntil { wait(until: time) }
    }

    private func start(_ request: consuming UpstreamRequest, to route: Route, at now: Now) {
        let target = exchange.chain.dialing(of: route, for: exchange.request).target
        let call = services.pool.call(request, to: target, for: self)
        self.call = call
        if !connection.isWritable { call.pause() }
        if call.isSent { handle(.upstream(.connected), at: now) }
    }

    /// Fitting a very long history must not hold up the other calls of this loop.
    private func offload(_ work: Exchange.FitWork) {
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        gateway.threads.runIfActive(eventLoop: services.loop) { work.run() }
            .whenComplete { result in
                let call = bound.value
                switch result {
                case .success(let fit): call.handle(.fitted(fit), at: .read())
                // The pool refuses work only while Relay stops.
                case .failure: call.handle(.fitted(.overflow(needed: 0, budget: 0, window: 0)), at: .read())
                }
            }
    }

    /// Nor must reading many long vectors.
    private func offload(_ work: EmbeddingsWork) {
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        gateway.threads.runIfActive(eventLoop: services.loop) { work.run() }
            .whenComplete { result in
                let reading = (try? result.get()) ?? .failed(.unreadable("Relay stops"))
                bound.value.handle(.mediaRead(reading), at: .read())
            }
    }

    /// Fetching is an errand of seconds at best: it is done as a task, and comes back to this loop as an event.
    private func fetch(_ urls: [String]) {
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        let lease = imageMemory ?? MemoryLease(gateway.memory)
        imageMemory = lease
        fetching = Task { [loop = services.loop, fetcher = gateway.images] in
            let state: ImageInlining.State =
                switch await fetcher.images(at: urls, taking: { lease.take($0) }) {
                case .success(let images): .fetched(images)
                case .failure(let fault): .failed(fault)
                }
            guard !Task.isCancelled else { return }
            loop.execute { bound.value.handle(.fetched(state), at: .read()) }
        }
    }

    private func end(hasReply: Bool) {
        // A write that fails closes the connection in its midst, and with it the call.
        guard !isDone else { return }
        isDone = true
        fetching?.cancel()
        memory.giveBack()
        imageMemory?.giveBack()
        services.ticker.remove(self)
        leaveQueue()
        giveUpPlace()
        // What is still on its way of an answer that is complete is read to its end, so that the connection stays.
        call?.letFinish()
        call = nil
        connection.callEnded(self, hasReply: hasReply)
    }

    // MARK: The quota queue

    private func wait(until time: Instant) {
        if ticket == nil {
            let bound = NIOLoopBound(self, eventLoop: services.loop)
            let loop = services.loop
            ticket = exchange.chain.quotaQueue.join(exchange.ask) {
                loop.execute { bound.value.takeTurn() }
            }
        }
        guard let ticket, exchange.chain.quotaQueue.isFirst(ticket) else { return }
        scheduleTurn(at: time)
    }

    private func scheduleTurn(at time: Instant) {
        wait?.cancel()
        let delay = Instant.now.duration(to: time)
        let bound = NIOLoopBound(self, eventLoop: services.loop)
        let amount = TimeAmount.nanoseconds(Int64(max(0, delay.seconds * 1e9)) + 500_000)
        wait = services.loop.scheduleTask(in: amount) { bound.value.takeTurn() }
    }

    private func takeTurn() {
        guard let ticket, exchange.chain.quotaQueue.isFirst(ticket) else { return }
        handle(.turn, at: .read())
    }

    private func leaveQueue() {
        wait?.cancel()
        wait = nil
        guard let ticket else { return }
        self.ticket = nil
        exchange.chain.quotaQueue.leave(ticket)
    }
}
