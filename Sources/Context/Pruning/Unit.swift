/// Messages that stay or go together: one message, or tool calls with all their results.
struct Unit: Equatable {
    enum Kind {
        case system
        case turn
        /// An assistant message with calls and, directly after it, the messages that answer them.
        case exchange
        /// A result without its call or a call without its results: never sent once a history is cut.
        case orphan
    }

    let kind: Kind
    /// Indexes of the messages.
    let range: Range<Int>
    /// Sum over the messages.
    let tokens: Int
}

extension Unit {
    /// Cuts a history into its units, in order. Linear in the messages and ids.
    static func units(of messages: [Message]) -> [Unit] {
        var units: [Unit] = []
        var index = 0
        while index < messages.count {
            let end = exchangeEnd(in: messages, from: index)
            let kind: Kind
            if messages[index].role == .system {
                kind = .system
            } else if let end, end > index + 1 {
                kind = .exchange
            } else if end == nil || !messages[index].resultOf.isEmpty || messages[index].role == .tool {
                kind = .orphan
            } else {
                kind = .turn
            }
            let range = index..<(kind == .exchange ? end ?? index + 1 : index + 1)
            units.append(Unit(kind: kind, range: range, tokens: messages[range].reduce(0) { $0 + $1.tokens }))
            index = range.upperBound
        }
        return units
    }

    /// The end of the exchange that begins at `start`: `start + 1` for a message without calls, `nil` when a call
    /// lacks its result.
    private static func exchangeEnd(in messages: [Message], from start: Int) -> Int? {
        guard messages[start].role != .system, !messages[start].calls.isEmpty else { return start + 1 }
        guard messages[start].role == .assistant, messages[start].resultOf.isEmpty else { return nil }
        var open = messages[start].calls.map(\.id)
        var end = start + 1
        while end < messages.count, !open.isEmpty {
            let message = messages[end]
            guard message.role == .tool || message.role == .user, !message.resultOf.isEmpty, message.calls.isEmpty
            else { return nil }
            for id in message.resultOf {
                guard let at = open.firstIndex(of: id) else { return nil }
                open.remove(at: at)
            }
            end += 1
        }
        return open.isEmpty ? end : nil
    }
}
