/// How much of a question each message covers together with its neighbours: where several of its terms meet, what is
/// said is more likely about it than where one of them is said often.
struct Coverage {
    /// For each message the share of the question's weight that is met, 0 to 1.
    private(set) var shares: [Float]

    /// As many terms as have a bit; the weightiest when there are more.
    private static let mostTerms = 64

    init(of asked: [Int32], weights: [Float], in index: HistoryIndex, messages: Int) {
        shares = Array(repeating: 0, count: messages)
        let terms = asked.filter { weights[Int($0)] > 0 }
            .sorted {
                let (one, other) = (weights[Int($0)], weights[Int($1)])
                return one != other ? one > other : $0 < $1
            }
            .prefix(Self.mostTerms)
        let total = terms.reduce(0) { $0 + weights[Int($1)] }
        guard total > 0 else { return }
        var bits = [UInt64](repeating: 0, count: weights.count)
        for (number, term) in terms.enumerated() { bits[Int(term)] = 1 << UInt64(number) }
        var met = [UInt64](repeating: 0, count: messages)
        for message in 0..<messages {
            for position in index.terms(of: message) { met[message] |= bits[Int(index.terms[position])] }
        }
        for message in 0..<messages {
            var all = met[message]
            if message > 0 { all |= met[message - 1] }
            if message + 1 < messages { all |= met[message + 1] }
            var sum: Float = 0
            while all != 0 {
                sum += weights[Int(terms[all.trailingZeroBitCount])]
                all &= all - 1
            }
            shares[message] = sum / total
        }
    }
}
