import Synchronization

/// How large a context each model is asked to hold (`options.num_ctx`).
///
/// Ollama's default is 4,096 tokens on most machines, and what is beyond it was cut off without a word. So a request that
/// needs more says so, in powers of two: a model is loaded anew for each other size, which takes seconds. For the same
/// reason a size is held as long as Ollama keeps an idle model in memory, five minutes. More than the model was made for
/// is harmless: Ollama lowers it. A request that fits the default leaves the size to the server.
final class OllamaWindows: Sendable {
    private struct Size {
        var tokens: Int
        var heldUntil: ContinuousClock.Instant
    }

    private let sizes = Mutex<[String: Size]>([:])

    static let usual = 4096
    private static let largest = 1 << 20
    private static let hold = Duration.seconds(300)
    private static let maxModels = 256

    /// The size to ask for; `nil` leaves it to the server.
    func size(for model: String, needing tokens: Int, at now: ContinuousClock.Instant) -> Int? {
        sizes.withLock { sizes in
            var held = sizes[model].flatMap { $0.heldUntil > now ? $0.tokens : nil } ?? Self.usual
            if tokens <= held {
                // What is held only for others' sake is not held longer by this one.
                if tokens > held / 2, held > Self.usual { sizes[model]?.heldUntil = now.advanced(by: Self.hold) }
                return held > Self.usual ? held : nil
            }
            while held < tokens, held < Self.largest { held *= 2 }
            if sizes.count >= Self.maxModels, sizes[model] == nil { sizes.removeAll() }
            sizes[model] = Size(tokens: held, heldUntil: now.advanced(by: Self.hold))
            return held
        }
    }
}
