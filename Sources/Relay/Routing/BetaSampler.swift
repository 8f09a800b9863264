#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Draws from beta distributions, as the ratio of two gamma variates (Marsaglia and Tsang, "A Simple Method for
/// Generating Gamma Variables", 2000). Both parameters must be at least 1.
enum BetaSampler {
    static func sample(alpha: Double, beta: Double, using generator: inout SeededGenerator) -> Double {
        let one = gamma(max(1, alpha), using: &generator)
        let other = gamma(max(1, beta), using: &generator)
        return one / (one + other)
    }

    private static func gamma(_ shape: Double, using generator: inout SeededGenerator) -> Double {
        let base = shape - 1.0 / 3
        let scale = 1 / (9 * base).squareRoot()
        while true {
            let normal = normal(using: &generator)
            let root = 1 + scale * normal
            guard root > 0 else { continue }
            let cube = root * root * root
            let roll = 1 - generator.unit()
            // The first test settles 98 % of the draws without a logarithm.
            let square = normal * normal
            if roll < 1 - 0.0331 * square * square { return base * cube }
            if log(roll) < 0.5 * square + base * (1 - cube + log(cube)) { return base * cube }
        }
    }

    /// Marsaglia's polar method; the second variate is thrown away.
    private static func normal(using generator: inout SeededGenerator) -> Double {
        while true {
            let x = 2 * generator.unit() - 1
            let y = 2 * generator.unit() - 1
            let square = x * x + y * y
            if square < 1, square > 0 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }
}
