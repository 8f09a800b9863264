import Testing

@testable import Context

@Suite struct TokenCorrectionTests {
    @Test func `nothing is corrected before anything was reported`() {
        #expect(TokenCorrection().factor == 1)
    }

    @Test(arguments: [0.7, 0.9, 1.0, 1.15, 1.4, 2.2])
    func `a biased model is met within five answers`(bias: Double) {
        var correction = TokenCorrection()
        for estimated in [900, 1_100, 2_400, 3_100, 4_000] {
            correction.observe(estimated: estimated, reported: Int(Double(estimated) * bias))
        }
        #expect(abs(correction.factor / bias - 1) < 0.01)
    }

    @Test func `one odd answer moves nothing`() {
        var correction = TokenCorrection()
        for _ in 0..<6 { correction.observe(estimated: 1_000, reported: 1_200) }
        correction.observe(estimated: 1_000, reported: 90_000)
        #expect(abs(correction.factor - 1.2) < 0.01)
    }

    @Test func `the factor stays within its bounds`() {
        var low = TokenCorrection()
        var high = TokenCorrection()
        for _ in 0..<20 {
            low.observe(estimated: 10_000, reported: 30)
            high.observe(estimated: 30, reported: 1_000_000)
        }
        #expect(low.factor == 0.5)
        #expect(high.factor == 3)
    }

    @Test func `reports that say nothing are not counted`() {
        var correction = TokenCorrection()
        correction.observe(estimated: 5, reported: 500)
        correction.observe(estimated: 1_000, reported: 0)
        #expect(correction.factor == 1)
    }

    @Test func `an estimator multiplies with its correction`() {
        let text = String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 50)
        let plain = TokenEstimator().tokens(in: text)
        let corrected = TokenEstimator(correction: 1.5).tokens(in: text)
        #expect(abs(Double(corrected) / Double(plain) - 1.5) < 0.01)
    }
}
