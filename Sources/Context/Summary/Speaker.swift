/// The speaker whom a question names. People say the other's name, hardly ever their own: a frequent word that one
/// side says many times as often as the other is the name of the other side.
struct Speaker {
    static let boost: Float = 1.15
    private static let leastMessages = 6
    private static let ratio = 4

    /// `nil` when the question names nobody or both.
    private(set) var role: Message.Role?
    /// The terms of the question that are names of speakers.
    private(set) var names: Set<Int32> = []

    init(of query: [Int32: Float], in index: HistoryIndex, messages: [Message]) {
        let frequent = query.keys.filter { index.messageCounts[Int($0)] >= Self.leastMessages }.sorted()
        guard !frequent.isEmpty else { return }
        var slots = [Int8](repeating: -1, count: index.vocabulary.count)
        for (slot, term) in frequent.prefix(100).enumerated() { slots[Int(term)] = Int8(slot) }
        var counts = [(user: Int, assistant: Int)](repeating: (0, 0), count: frequent.count)
        for message in messages.indices {
            let role = messages[message].role
            guard role == .user || role == .assistant else { continue }
            for position in index.terms(of: message) {
                let slot = Int(slots[Int(index.terms[position])])
                guard slot >= 0 else { continue }
                if role == .user { counts[slot].user += 1 } else { counts[slot].assistant += 1 }
            }
        }
        var roles: Set<Message.Role> = []
        for (term, count) in zip(frequent, counts) {
            if count.user >= Self.leastMessages, count.user >= Self.ratio * max(1, count.assistant) {
                names.insert(term)
                roles.insert(.assistant)
            } else if count.assistant >= Self.leastMessages, count.assistant >= Self.ratio * max(1, count.user) {
                names.insert(term)
                roles.insert(.user)
            }
        }
        role = roles.count == 1 ? roles.first : nil
    }
}
