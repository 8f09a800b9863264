/// Chooses what is said about the old part of a history, and of long messages.
struct Extractor {
    private let history: History
    private let index: HistoryIndex
    private let taste: Taste
    private let isOld: [Bool]
    private var selection: Selection
    private let headers: [Int32]

    /// - Parameters:
    ///   - isOld: for each message whether the summary is to stand for it.
    ///   - extracted: kept messages that are going to be extracts of themselves.
    ///   - correction: what the costs in the index are multiplied with.
    init(
        _ history: History,
        _ index: HistoryIndex,
        _ purpose: Purpose,
        _ taste: Taste,
        isOld: [Bool],
        extracted: Set<Int>,
        correction: Float
    ) {
        self.history = history
        self.index = index
        self.taste = taste
        self.isOld = isOld
        var worth = Worth(of: index, history, purpose, isOld: isOld)
        var covered = [Float](repeating: 0, count: index.vocabulary.count)
        for message in history.messages.indices where !isOld[message] && !extracted.contains(message) {
            for passage in index.passagesOfMessage[message] {
                for position in index.passages[passage].terms { covered[Int(index.terms[position])] = 1 }
            }
        }
        if purpose == .question { covered = covered.map { _ in 0 } }
        for term in worth.wanted { covered[term] = 0 }
        headers = taste.keepsDates ? SessionDates(in: index).lineOfMessage(messages: history.messages.count) : []
        for number in index.passages.indices where index.passages[number].kind == .header { worth.quality[number] = 0 }
        selection = Selection(
            termWeights: worth.termWeights,
            covered: covered,
            decay: taste.decay,
            base: worth.base,
            quality: worth.quality,
            costs: index.passages.map { (taste.isBrief ? $0.briefCost : $0.cost) * correction },
            thrift: taste.thrift,
            lineCost: 1.5
        )
    }

    /// The summary of the old messages that fits, as full as it gets; `nil` when not even one passage does.
    mutating func summary(tokens room: Int, estimator: TokenEstimator) -> String? {
        let candidates = index.passages.indices.filter { isOld[Int(index.passages[$0].message)] }
        let picks = selection.picks(among: candidates, in: index, room: Float(room) * 1.25)
        var writer = SummaryWriter(
            index: index,
            messages: history.messages,
            isBrief: taste.isBrief,
            headers: headers,
            headerRatio: taste.headerRatio
        )
        return Self.fullest(picks.map { selection.costs[$0] }, room: room, estimator: estimator) {
            writer.text(of: picks.prefix($0))
        }
    }

    /// An extract of one message's text: first and last lines and the best between them, gaps marked.
    mutating func extract(of message: Int, tokens room: Int, estimator: TokenEstimator) -> String? {
        let own = index.passagesOfMessage[message].filter { index.passages[$0].kind != .call }
        guard own.count > 2, let first = own.first, let last = own.last else { return nil }
        var picks = [first, last]
        for passage in picks {
            for position in index.passages[passage].terms { selection.covered[Int(index.terms[position])] += 1 }
        }
        picks += selection.picks(among: own.dropFirst().dropLast(), in: index, room: Float(room) * 1.1)
        return Self.fullest(picks.map { selection.costs[$0] }, room: room, estimator: estimator) {
            joined(picks.prefix($0).sorted())
        }
    }

    private func joined(_ picks: [Int]) -> String {
        var out: [UInt8] = []
        var previous: Int?
        for number in picks {
            let passage = index.passages[number]
            if let previous {
                let touches = previous + 1 == number
                if !touches { out.append(contentsOf: Array("\n…".utf8)) }
                out.append(touches && !passage.beginsLine ? 0x20 : 0x0A)
            }
            out.append(contentsOf: index.bytes[passage.range])
            previous = number
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The text of nearly the largest number of picks that fits: guessed from their costs, corrected by what the
    /// text of the last guess really cost. At most eight texts are made.
    private static func fullest(
        _ costs: [Float],
        room: Int,
        estimator: TokenEstimator,
        _ text: (Int) -> String
    ) -> String? {
        var sums: [Float] = [0]
        for cost in costs { sums.append((sums.last ?? 0) + cost) }
        var best: String?
        var fitting = 0
        var failing = sums.count
        var factor: Float = 1
        for _ in 0..<8 {
            var guess = fitting + 1
            while guess + 1 < failing, sums[guess + 1] * factor <= Float(room) { guess += 1 }
            guard guess < failing else { break }
            let candidate = text(guess)
            let tokens = estimator.tokens(in: candidate)
            factor = max(0.1, Float(tokens) / max(1, sums[guess]))
            if tokens <= room {
                fitting = guess
                best = candidate
                if room - tokens < 1 + room / 100 { break }
            } else {
                failing = guess
            }
        }
        return best
    }
}
