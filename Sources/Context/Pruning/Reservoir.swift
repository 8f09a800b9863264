/// Fills a draft with recent messages, word for word, and an extract of what is older.
struct Reservoir {
    let settings: ContextSettings
    let purpose: Purpose
    /// Tokens for everything.
    let room: Int
    /// The history fits as it is and only the counts apply.
    let fits: Bool
    let memory: HistoryMemory?

    func fill(_ draft: inout Draft) {
        let history = draft.history
        let adapts = settings.mode == .adaptive
        let taste = Taste(for: purpose, adapts: adapts, share: Float(room) / Float(max(1, history.tokens)))
        let recent = history.recent(settings.reservoirRecentKeep)
        var extracting = Extract.none
        if fits {
            for position in recent { draft.keep(position) }
        } else {
            extracting = keepRecent(recent, taste, &draft)
        }
        summarize(&draft, taste, extracting)
    }

    /// Messages that are kept as an extract of themselves, with the tokens each may have.
    private struct Extract {
        var allowance: [Int: Int]
        static let none = Extract(allowance: [:])
    }

    /// Keeps recent units while they fit their share of the room; long ones as extracts.
    private func keepRecent(_ recent: [Int], _ taste: Taste, _ draft: inout Draft) -> Extract {
        let history = draft.history
        let free = room - draft.tokens
        let summary = min(settings.reservoirSummaryBudget, free * 2 / 5)
        var left = min(free - summary, Int(Float(free) * taste.verbatimShare))
        let longest = max(80, Int(Float(free) * taste.longestShare))
        var extract = Extract.none
        for position in recent {
            let unit = history.units[position]
            if unit.tokens <= left, unit.tokens <= longest * unit.range.count {
                draft.keep(position)
                left -= unit.tokens
                continue
            }
            // Calls stay as they are; the texts share what is left.
            var fixed = 0
            var texts: [(message: Int, tokens: Int)] = []
            for message in unit.range {
                let tokens = draft.estimator.tokens(in: history.messages[message].text)
                fixed += history.messages[message].tokens - tokens
                texts.append((message, tokens))
            }
            let forTexts = min(left, longest * unit.range.count) - fixed
            guard taste.shortens, forTexts >= 40 * texts.count else { break }
            let sum = texts.reduce(0) { $0 + $1.tokens }
            draft.keep(position)
            for text in texts where text.tokens > 40 {
                extract.allowance[text.message] = max(40, forTexts * text.tokens / max(1, sum))
            }
            left -= min(unit.tokens, fixed + forTexts)
        }
        return extract
    }

    private func summarize(_ draft: inout Draft, _ taste: Taste, _ extract: Extract) {
        let history = draft.history
        var isOld = [Bool](repeating: false, count: history.messages.count)
        var lastOld = -1
        for position in history.units.indices where !draft.kept.contains(position) {
            for message in history.units[position].range
            where !history.messages[message].text.isEmpty || !history.messages[message].calls.isEmpty {
                isOld[message] = true
                lastOld = message
            }
        }
        guard lastOld >= 0 || !extract.allowance.isEmpty else { return }
        let index = index(of: history, estimator: draft.estimator)
        var extractor = Extractor(
            history,
            index,
            purpose,
            taste,
            isOld: isOld,
            extracted: Set(extract.allowance.keys),
            correction: draft.estimator.correction
        )
        for (message, allowance) in extract.allowance.sorted(by: { $0.key > $1.key }) {
            let text = extractor.extract(of: message, tokens: allowance, estimator: draft.estimator)
            draft.shorten(
                message,
                // One line without an end has no passages to choose from.
                to: text ?? HeadAndTail.of(history.messages[message].text, tokens: allowance, draft.estimator)
            )
        }
        for message in extract.allowance.keys.sorted() where draft.tokens > room { draft.drop(unitOf: message) }
        guard lastOld >= 0 else { return }
        let limit = (fits ? min(room, draft.tokens + settings.reservoirSummaryBudget) : room) - draft.tokens
        if let text = extractor.summary(tokens: limit - TokenEstimator.perMessage, estimator: draft.estimator) {
            draft.summarize(text, after: lastOld)
        }
    }

    private func index(of history: History, estimator: TokenEstimator) -> HistoryIndex {
        let usesIdentifiers = purpose == .work
        guard let memory else {
            return HistoryIndex(history.messages, usesIdentifiers: usesIdentifiers, estimator: estimator)
        }
        let key = HistoryIndexCache.Key(
            session: memory.session,
            usesIdentifiers: usesIdentifiers,
            family: estimator.family
        )
        var index = memory.cache.take(key) ?? HistoryIndex(usesIdentifiers: usesIdentifiers)
        let reused = index.follow(history.messages, estimator: estimator)
        memory.cache.put(index, for: key, reused: reused)
        return index
    }
}
