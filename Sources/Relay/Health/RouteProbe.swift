import Clients
import NIOCore

/// Tries routes whose breaker has opened with the smallest request there is, so that they come back by themselves and no
/// client's request has to find out.
///
/// It costs a request of the quota, so only failed routes are tried, each when its breaker allows a trial and ever more seldom
/// while it fails, and none whose day is small.
actor RouteProbe {
    private let client: SimpleClient
    /// The longest between two trials of a route, in seconds.
    private let longestGap: Double
    /// By the route's key and name.
    private var tries: [String: Try] = [:]

    private struct Try {
        var gap = RouteProbe.firstGap
        /// In seconds since 1970.
        var next = -Double.infinity
    }

    private static let firstGap = 60.0
    /// A day of fewer requests is the clients' own.
    private static let smallDay = 500
    /// Between two looks, and between two trials.
    private static let pause = 5.0...10.0

    init(_ client: SimpleClient, longestGap: Double) {
        self.client = client
        self.longestGap = max(Self.firstGap, longestGap)
    }

    /// Looks for failed routes until it is cancelled.
    func watch(_ gateway: Gateway) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(Double.random(in: Self.pause))) } catch { return }
            await tryOne(of: gateway.chain)
        }
    }

    /// Tries one of the routes whose time it is.
    /// - Returns: which.
    @discardableResult
    func tryOne(of chain: Chain) async -> Route? {
        let now = Now.read()
        let due = chain.dispatch.table.routes.filter { route in
            Self.isFailed(route, at: now) && (tries[Self.name(of: route)]?.next ?? -.infinity) <= now.wall
        }
        guard let route = due.randomElement() else { return nil }
        var entry = tries[Self.name(of: route)] ?? Try()
        entry.next = now.wall + entry.gap * Double.random(in: 0.8...1.2)
        entry.gap = min(longestGap, entry.gap * 2)
        tries[Self.name(of: route)] = entry
        if await call(route, in: chain) { tries[Self.name(of: route)] = nil }
        return route
    }

    private static func name(of route: Route) -> String { "\(route.account.fingerprint) \(route.name)" }

    /// Whether the next call would be its trial.
    private static func isFailed(_ route: Route, at now: Now) -> Bool {
        guard route.model.type.isChat, !route.provider.paid else { return false }
        let status = route.account.snapshot(slot: route.slot, at: now)
        guard status.breaker != .closed, status.state == .available else { return false }
        return !status.axes.contains { axis in
            axis.axis == QuotaAxis(.requests, .day) && axis.limit < smallDay
        }
    }

    /// Whether it answers.
    private func call(_ route: Route, in chain: Chain) async -> Bool {
        let dialing = chain.dialing[route.index].closing
        let facts = CallFacts(
            received: .read(),
            wire: .chat,
            framing: .init(),
            tag: "probe",
            client: "",
            maxWait: .zero
        )
        guard let chat = try? ChatRequestReader.read(ByteBuffer(string: Self.request)) else { return false }
        guard
            case .reserved(let reservation, _) = chain.dispatch.reserve(
                route,
                promptTokens: Self.promptTokens,
                asked: Self.answerTokens,
                at: .read()
            )
        else { return false }
        let sentAt = Now.read()
        let outcome: Result<Int, UpstreamFailure>
        do {
            let call = try chat.rendered(for: route, edits: .none, by: dialing, facts: facts)
            let answer = try await client.send(call, to: dialing.target, timeout: dialing.times.firstByte)
            outcome = Self.read(answer, of: route, dialing)
        } catch let fault as SimpleClient.Fault {
            outcome = .failure(UpstreamFailure(fault))
        } catch {
            // It cannot be asked in its own words: nothing is learned.
            route.account.release(reservation, at: .read())
            return false
        }
        let now = Now.read()
        switch outcome {
        case .success(let tokens):
            route.account.complete(
                reservation,
                usedTokens: tokens,
                latency: sentAt.duration(to: now),
                firstByte: nil,
                outputTokens: 0,
                at: now
            )
            return true
        case .failure(let failure):
            route.account.record(failure, slot: route.slot, reservation: reservation, at: now)
            route.account.settle(reservation, usedTokens: 0, at: now)
            return false
        }
    }

    private static let request = #"{"model":"auto","messages":[{"role":"user","content":"ping"}],"max_tokens":16}"#
    private static let promptTokens = 8
    private static let answerTokens = 16

    /// The tokens that it used.
    private static func read(
        _ answer: SimpleClient.Answer,
        of route: Route,
        _ dialing: Dialing
    ) -> Result<Int, UpstreamFailure> {
        guard answer.status / 100 == 2 else {
            let errors = UpstreamErrorContext(head: answer.head, route: route, now: .read())
            return .failure(errors.read(status: answer.status, body: answer.body).0)
        }
        let call = DialectCall(model: route.model.name, tag: "probe", created: 0)
        let body: ByteBuffer? =
            if let dialect = dialing.dialect { try? dialect.answer(answer.body, to: call) } else { answer.body }
        let json = body.flatMap { JSONReader.read(Array($0.readableBytesView), file: route.name).value }
        guard let json, json["choices"]?.array?.isEmpty == false else {
            return .failure(.unreadable("the answer to a trial is no chat completion"))
        }
        return .success(json["usage"]?["total_tokens"]?.integer ?? promptTokens + answerTokens)
    }
}

extension Dialing {
    /// For a call whose connection is not kept.
    fileprivate var closing: Dialing {
        func closing(_ head: ByteBuffer) -> ByteBuffer {
            var head = head
            head.write("connection: close\r\n")
            return head
        }
        return Dialing(
            target: target,
            heads: Heads(whole: closing(heads.whole), stream: closing(heads.stream), media: [:]),
            dialect: dialect,
            native: nil,
            fields: fields,
            times: times
        )
    }
}

extension UpstreamFailure {
    fileprivate init(_ fault: SimpleClient.Fault) {
        switch fault {
        case .upstream(let fault): self = UpstreamFailure(fault)
        case .timeout: self = .timeout(.firstByte)
        case .tooLong, .noRoom, .cancelled: self = .unreadable(fault.description)
        }
    }
}
