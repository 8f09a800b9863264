/// Picks passages by what they add per token, best first. What a passage adds shrinks as its terms are covered by
/// earlier picks, so the order is made by a lazy greedy walk: near n log n in the passages.
struct Selection {
    /// What the first occurrence of each term is worth.
    var termWeights: [Float]
    /// How often each term stands in what is sent anyway.
    var covered: [Float]
    /// What is left of a term's worth after each time it was covered.
    var decay: Float
    /// For each passage what it is worth apart from its terms.
    var base: [Float]
    /// For each passage what its worth is multiplied with.
    var quality: [Float]
    /// For each passage its tokens.
    var costs: [Float]
    /// How strongly tokens count: 0 not at all, 0.5 by their square root, 1 picks by worth per token.
    var thrift: Float
    /// Tokens for the first passage taken from a message.
    var lineCost: Float

    /// - Returns: passages in the order of picking, until their costs pass `room`.
    mutating func picks(among candidates: [Int], in index: HistoryIndex, room: Float) -> [Int] {
        var heap = Heap()
        for passage in candidates {
            let worth = worth(of: passage, in: index)
            if worth > 0 { heap.push(passage, worth) }
        }
        var picks: [Int] = []
        var left = room
        var begun = [Bool](repeating: false, count: index.passagesOfMessage.count)
        while left > 0, let (passage, stale) = heap.pop() {
            let fresh = worth(of: passage, in: index)
            if fresh < stale * 0.999, let next = heap.top, fresh < next {
                if fresh > 0 { heap.push(passage, fresh) }
                continue
            }
            let message = Int(index.passages[passage].message)
            let cost = costs[passage] + (begun[message] ? 0 : lineCost)
            guard cost <= left else { continue }
            begun[message] = true
            left -= cost
            picks.append(passage)
            for position in index.passages[passage].terms { covered[Int(index.terms[position])] += 1 }
        }
        return picks
    }

    private func worth(of passage: Int, in index: HistoryIndex) -> Float {
        var sum = base[passage]
        for position in index.passages[passage].terms {
            let term = Int(index.terms[position])
            let weight = termWeights[term]
            guard weight > 0 else { continue }
            var left = weight
            var times = covered[term]
            while times >= 1, left > 0.001 {
                left *= decay
                times -= 1
            }
            sum += left
        }
        let cost = costs[passage] + lineCost
        let root = cost.squareRoot()
        let divisor =
            thrift < 0.5 ? 1 - 2 * thrift + 2 * thrift * root : 2 * (1 - thrift) * root + (2 * thrift - 1) * cost
        return quality[passage] * sum / divisor
    }
}

/// Passages by worth, best first; of equal ones the later passage.
private struct Heap {
    private var items: [(passage: Int, worth: Float)] = []

    var top: Float? { items.first?.worth }

    mutating func push(_ passage: Int, _ worth: Float) {
        items.append((passage, worth))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (passage: Int, worth: Float)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            let child = 2 * parent + 1
            var best = parent
            if child < items.count, precedes(child, best) { best = child }
            if child + 1 < items.count, precedes(child + 1, best) { best = child + 1 }
            guard best != parent else { return first }
            items.swapAt(best, parent)
            parent = best
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        let (left, right) = (items[a], items[b])
        return left.worth != right.worth ? left.worth > right.worth : left.passage > right.passage
    }
}
