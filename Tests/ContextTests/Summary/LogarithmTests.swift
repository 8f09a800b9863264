import Testing

@testable import Context

@Suite struct LogarithmTests {
    @Test(
        arguments: [(1, 0), (2.718_281_8, 1), (10, 2.302_585), (0.5, -0.693_147), (680, 6.522_093)] as [(Float, Float)]
    )
    func `it is the natural logarithm`(value: Float, expected: Float) {
        #expect(abs(Logarithm.natural(value) - expected) < 0.0001)
    }

    @Test(arguments: [0, -1, .infinity, .nan] as [Float])
    func `what has none gives zero`(value: Float) {
        #expect(Logarithm.natural(value) == 0)
    }
}
