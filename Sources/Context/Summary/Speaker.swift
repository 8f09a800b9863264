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
        var counts: [Int32: (user: Int, assistant: Int)] = [:]
        for term in query.keys where index.messageCounts[Int(term)] >= Self.leastMessages { counts[term] = (0, 0) }
        guard !counts.isEmpty else { return }
        for passage in index.passages {
            let role = messages[Int(passage.message)].role
            for position in passage.terms {
                guard let count = counts[index.terms[position]] else { continue }
                if role == .user { counts[index.terms[position]] = (count.user + 1, count.assistant) }
                if role == .assistant { counts[index.terms[position]] = (count.user, count.assistant + 1) }
            }
        }
        var roles: Set<Message.Role> = []
        for (term, count) in counts.sorted(by: { $0.key < $1.key }) {
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
