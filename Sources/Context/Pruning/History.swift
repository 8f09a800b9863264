/// A history with what must stay of it.
struct History {
    let messages: [Message]
    let units: [Unit]
    /// Positions in `units`, ascending: system messages, the last user message, the last message.
    let required: [Int]
    /// Tokens of everything, with the overhead of the request.
    let tokens: Int
    /// Tokens of the required units, with the overhead of the request.
    let requiredTokens: Int
    /// The last user message that is not merely results.
    let lastUser: Int?

    init(_ messages: [Message]) {
        self.messages = messages
        units = Unit.units(of: messages)
        let lastUser = messages.lastIndex { $0.role == .user && $0.resultOf.isEmpty && $0.calls.isEmpty }
        self.lastUser = lastUser
        let units = self.units
        required = units.indices.filter { position in
            let unit = units[position]
            guard unit.kind != .orphan else { return false }
            return unit.kind == .system || position == units.count - 1 || lastUser.map(unit.range.contains) ?? false
        }
        tokens = messages.reduce(TokenEstimator.perRequest) { $0 + $1.tokens }
        requiredTokens = required.reduce(TokenEstimator.perRequest) { $0 + units[$1].tokens }
    }

    /// Share of a budget by which a history may be larger than it is estimated and is not yet taken to fit: what
    /// tools are called with and put out is full of names that tokenizers have never seen.
    var doubt: Double { messages.contains { !$0.calls.isEmpty } ? 0.06 : 0 }

    /// Units that may go, newest first. Orphans and empty messages always go.
    var optional: [Int] {
        let required = Set(required)
        return units.indices.reversed().filter { !required.contains($0) && isWorthKeeping($0) }
    }

    /// The newest optional units among the last `count` messages that are not system messages, newest first. A unit
    /// is never cut, so there may be more messages than asked for.
    func recent(_ count: Int) -> [Int] {
        let required = Set(required)
        var left = count
        var result: [Int] = []
        for position in units.indices.reversed() where left > 0 && units[position].kind != .system {
            if required.contains(position) {
                left -= units[position].range.count
            } else if isWorthKeeping(position) {
                left -= units[position].range.count
                result.append(position)
            }
        }
        return result
    }

    private func isWorthKeeping(_ position: Int) -> Bool {
        switch units[position].kind {
        case .orphan: false
        case .turn: !messages[units[position].range.lowerBound].isEmpty
        case .system, .exchange: true
        }
    }
}
