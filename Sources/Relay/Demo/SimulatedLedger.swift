import Synchronization

/// What a simulated provider knows across its connections: how it behaves, what it received, what its limits let
/// through.
final class SimulatedLedger: Sendable {
    typealias Behavior = SimulatedProvider.Behavior
    typealias Fault = SimulatedProvider.Fault
    typealias ReceivedRequest = SimulatedProvider.ReceivedRequest

    struct State {
        var behavior: Behavior
        var faults: [Fault] = []
        var received: [ReceivedRequest] = []
        /// Of `received`, how many of the oldest were dropped.
        var dropped = 0
        var tally = SimulatedProvider.Tally()
        var window: SimulatedProvider.RateWindow
        var dice: SimulatedDice
    }

    /// Requests kept; beyond it the oldest go.
    private static let kept = 10_000

    private let state: Mutex<State>

    init(behavior: Behavior, seed: UInt64) {
        state = Mutex(State(behavior: behavior, window: .init(start: .now), dice: SimulatedDice(state: seed)))
    }

    func withState<Value>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    /// Notes a request and says how it is answered; the number is the request's, for `finish`.
    func reply(
        to request: ReceivedRequest,
        at now: ContinuousClock.Instant
    ) -> (number: Int, reply: SimulatedReply) {
        let (number, behavior) = withState { state in
            state.tally.requests += 1
            state.received.append(request)
            if state.received.count > Self.kept {
                state.received.removeFirst(Self.kept / 10)
                state.dropped += Self.kept / 10
            }
            return (state.dropped + state.received.count - 1, state.behavior)
        }
        do {
            return (number, try answer(request, number: number, behavior: behavior, at: now))
        } catch {
            update(number) { $0.complaint = error.message }
            let body = behavior.errors.body(
                status: error.status,
                message: error.message,
                type: error.type,
                param: error.param,
                code: error.code
            )
            let type = behavior.errors.contentType
            return (number, SimulatedReply(status: error.status, body: body, contentType: type))
        }
    }

    /// Notes how a request ended; only the first word counts.
    func finish(_ number: Int, _ outcome: ReceivedRequest.Outcome) {
        withState { state in
            switch outcome {
            case .answered(let status):
                state.tally.answered += 1
                if status == 429 { state.tally.refused += 1 }
            case .broken: state.tally.broken += 1
            case .cancelled: state.tally.cancelled += 1
            case .underWay: break
            }
        }
        update(number) { $0.outcome = outcome }
    }

    private func update(_ number: Int, _ change: (inout ReceivedRequest) -> Void) {
        withState { state in
            let index = number - state.dropped
            if state.received.indices.contains(index) { change(&state.received[index]) }
        }
    }

    private func answer(
        _ request: ReceivedRequest,
        number: Int,
        behavior: Behavior,
        at now: ContinuousClock.Instant
    ) throws(SimulatedCheck.Complaint) -> SimulatedReply {
        let check = SimulatedCheck(behavior: behavior)
        let dialect = behavior.dialect
        let isOpenList = behavior.listsToAnybody && request.path == dialect.modelsPath
        try check.checkHead(method: request.method, headers: request.headers, needsKey: !isOpenList)
        if request.method == "GET", request.path == dialect.modelsPath {
            if let (status, body) = behavior.listRefusal { return SimulatedReply(status: status, body: body) }
            return SimulatedReply(status: 200, body: dialect.modelList(behavior.models))
        }
        guard request.method == "POST" else {
            throw .init(status: 405, message: "Not allowed to \(request.method) on \(request.path).")
        }
        guard let call = try dialect.read(request, isStrict: behavior.isStrict) else {
            throw .init(status: 404, message: "Invalid URL (\(request.method) \(request.path))")
        }
        update(number) { $0.call = call }
        try check.check(call)
        return reply(to: call, number: number, at: now)
    }

    private func reply(to call: SimulatedCall, number: Int, at now: ContinuousClock.Instant) -> SimulatedReply {
        var (behavior, fault, verdict) = withState { state in
            let behavior = state.behavior
            let queued = state.faults.isEmpty ? nil : state.faults.removeFirst()
            let mixed = queued == nil ? state.dice.throwFor(behavior.mix) : nil
            let always = (call.isStream ? behavior.alwaysOnStreams : nil) ?? behavior.always
            let verdict = behavior.rateLimit.map {
                state.window.admit(tokens: call.promptTokens + (call.maxTokens ?? 0), under: $0, at: now)
            }
            return (behavior, queued ?? mixed ?? always, verdict)
        }
        if case .altered(let change)? = fault { change(&behavior) }
        switch verdict {
        case .refused(let wait, let headers): return refusal(call, wait: wait, headers: headers, behavior: behavior)
        case .allowed(let headers):
            return SimulatedReply(to: call, number: number, behavior: behavior, fault: fault, headers: headers)
        case nil: return SimulatedReply(to: call, number: number, behavior: behavior, fault: fault, headers: [])
        }
    }

    private func refusal(
        _ call: SimulatedCall,
        wait: Duration,
        headers: [(name: String, value: String)],
        behavior: Behavior
    ) -> SimulatedReply {
        if case .bare? = behavior.rateLimit?.announcement {
            return SimulatedReply(status: 429, body: #"{"error":{"message":"Too Many Requests"}}"#)
        }
        let seconds = max(1, Int((wait / .seconds(1)).rounded(.up)))
        return SimulatedReply(
            status: 429,
            body: behavior.errors.rateLimitBody(model: call.model, wait: wait),
            contentType: behavior.errors.contentType,
            headers: headers + [(name: "Retry-After", value: "\(seconds)")]
        )
    }

}

/// SplitMix64, so that a run with the same seed goes wrong in the same places.
struct SimulatedDice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func throwFor(_ mix: [SimulatedProvider.Share]) -> SimulatedProvider.Fault? {
        guard !mix.isEmpty else { return nil }
        var roll = Double.random(in: 0..<1, using: &self)
        for share in mix {
            roll -= share.share
            if roll < 0 { return share.fault }
        }
        return nil
    }
}
