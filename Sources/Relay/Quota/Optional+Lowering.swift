extension Optional where Wrapped: Comparable {
    /// Keeps the lesser of the two; a missing value is no bound, and a missing limit bounds nothing.
    mutating func lower(to limit: Wrapped?) {
        guard let limit else { return }
        self = map { Swift.min($0, limit) } ?? limit
    }
}
