import Testing

@testable import Relay

@Suite struct RouteExperienceTests {
    /// A model that counts differently by a constant, with answers that scatter a little around it.
    @Test(arguments: [0.7, 0.85, 1.0, 1.2, 1.6, 2.4])
    func `the estimate of a biased model is right within five answers`(bias: Double) {
        let experience = RouteExperience()
        let prompts = [850, 1_400, 2_100, 3_300, 5_200]
        for (number, estimated) in prompts.enumerated() {
            let scatter = [0.98, 1.03, 1.0, 0.97, 1.02][number]
            experience.observe(estimated: estimated, reported: Int(Double(estimated) * bias * scatter))
        }
        #expect(abs(experience.tokenFactor / bias - 1) < 0.03)
    }

    @Test func `a route of which nothing is known is estimated as it is`() {
        #expect(RouteExperience().tokenFactor == 1)
    }
}
