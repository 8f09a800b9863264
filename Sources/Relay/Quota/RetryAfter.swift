/// Reads how long a provider asks to wait, in every form in use.
enum RetryAfter {
    /// No provider is left alone for longer.
    static let maximum = Duration.seconds(86_400)

    /// The value of a header field: seconds (`30`, `1.5`), a duration (`2m59.56s`, `250ms`), a date (all three forms of
    /// RFC 9110 §5.6.7, or ISO 8601), or seconds or milliseconds since 1970. What lies in the past is zero, what is
    /// over 24 hours away becomes 24 hours, what cannot be read `nil`.
    static func parse(_ text: some StringProtocol, now: Now) -> Duration? {
        let bytes = trimmed(Array(text.utf8.prefix(64)))
        guard !bytes.isEmpty else { return nil }
        if let number = number(bytes) { return clamped(seconds(number, wall: now.wall)) }
        var scanner = ByteScanner(bytes)
        if let seconds = scanner.duration(), scanner.isAtEnd { return clamped(seconds) }
        return HTTPDate.parse(bytes).map { clamped($0 - now.wall) }
    }

    /// A wait named in prose: "try again in 7m12s", "Please retry in 3.5s", "wait 41 seconds before".
    static func inProse(_ text: some StringProtocol) -> Duration? {
        inProse(Array(text.utf8.prefix(4096)).lowercasedASCII)
    }

    /// The same in bytes that are lower-case already. Of several waits the longest counts.
    static func inProse(_ bytes: [UInt8]) -> Duration? {
        var longest: Double?
        for phrase in phrases {
            var start = 0
            while let found = bytes.firstIndex(of: phrase, from: start) {
                start = found + phrase.count
                var scanner = ByteScanner(bytes, position: start)
                if let seconds = scanner.proseDuration() {
                    longest = max(longest ?? 0, seconds)
                }
            }
        }
        return longest.map(clamped)
    }

    private static let phrases = [
        "again in", "again after", "retry in", "retry after", "wait for", "wait", "retrydelay", "reset in", "resets in",
        "reset after", "available in",
    ]
    .map { Array($0.utf8) }

    static func clamped(_ seconds: Double) -> Duration {
        min(max(.zero, Duration(clampingSeconds: seconds)), maximum)
    }

    /// What a plain number means: under three years it is a length in seconds, else a time since 1970 in the unit that
    /// puts it in this century.
    private static func seconds(_ number: Double, wall: Double) -> Double {
        switch number {
        case ..<1e8: number
        case ..<1e9: maximum.seconds
        case ..<1e11: number - wall
        case ..<1e14: number / 1e3 - wall
        case ..<1e17: number / 1e6 - wall
        default: number / 1e9 - wall
        }
    }

    /// A whole value that is a decimal number, with a sign or a fraction.
    private static func number(_ bytes: [UInt8]) -> Double? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D || $0 == 0x2B }) else {
            return nil
        }
        return Double(String(decoding: bytes, as: UTF8.self))
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isOuter: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0x22 }
        return Array(bytes.drop(while: isOuter).reversed().drop(while: isOuter).reversed())
    }
}
