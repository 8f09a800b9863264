#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How many times longer `factor` times the input takes than `factor` times as long, of this thread's CPU; the best of
/// three. What takes less than the clock can tell says nothing.
func slowness(of count: Int, times factor: Int, _ prepare: (Int) throws -> () throws -> Void) throws -> Double {
    func time(_ count: Int) throws -> Double {
        let run = try prepare(count)
        let start = cpuSeconds()
        try run()
        return cpuSeconds() - start
    }
    var best = Double.infinity
    for _ in 0..<3 where best >= 4 {
        best = min(best, try time(factor * count) / (Double(factor) * time(count) + 0.02))
    }
    return best
}

private func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
