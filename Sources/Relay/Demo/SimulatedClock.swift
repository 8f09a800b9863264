#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The date that stands in bodies.
enum SimulatedClock {
    static func unixSeconds() -> Int { Int(time(nil)) }
    static func unixMilliseconds() -> Int { unixSeconds() * 1000 }
}
