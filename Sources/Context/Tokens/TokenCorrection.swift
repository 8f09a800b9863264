/// Learns the factor between our estimates and the prompt tokens that a model reports.
///
/// The factor is the median of the last few ratios, so that one odd answer moves nothing; a model that counts
/// differently by a constant is met within five answers. Ratios are clamped before they count.
package struct TokenCorrection: Sendable, Equatable {
    private static let range = 0.5...3.0
    private static let capacity = 15
    /// Reports under this many tokens say more about overhead than about the tokenizer.
    private static let leastTokens = 20

    /// In the order they came.
    package private(set) var ratios: [Double] = []
    /// The same, kept in order: a report comes with every answer.
    private var sorted: [Double] = []

    package init() {}

    /// Goes on with what another had observed.
    package init(ratios: [Double]) {
        for ratio in ratios.suffix(Self.capacity) where ratio.isFinite { observe(ratio) }
    }

    /// What to multiply an estimate with; 1 until something was observed.
    package private(set) var factor = 1.0

    /// - Parameter estimated: the estimate without this correction.
    package mutating func observe(estimated: Int, reported: Int) {
        guard estimated >= Self.leastTokens, reported >= Self.leastTokens else { return }
        observe(Double(reported) / Double(estimated))
    }

    private mutating func observe(_ observed: Double) {
        let ratio = min(max(observed, Self.range.lowerBound), Self.range.upperBound)
        if ratios.count == Self.capacity {
            let oldest = ratios.removeFirst()
            if let place = sorted.firstIndex(of: oldest) { sorted.remove(at: place) }
        }
        ratios.append(ratio)
        sorted.insert(ratio, at: sorted.firstIndex { $0 > ratio } ?? sorted.endIndex)
        let middle = sorted.count / 2
        let median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        // With few answers part of the old belief stays.
        let trust = min(1, Double(sorted.count) / 3)
        factor = 1 + (median - 1) * trust
    }
}
