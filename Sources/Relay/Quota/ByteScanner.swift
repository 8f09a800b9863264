/// Reads numbers and durations from lower-case ASCII.
struct ByteScanner {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Digits with at most one fraction: `7`, `59.56`.
    mutating func decimal() -> Double? {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start, position - start < 20 else { return nil }
        if current == 0x2E, position + 1 < bytes.count, (0x30...0x39).contains(bytes[position + 1]) {
            position += 1
            while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        }
        return Double(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// Numbers with units, one after the other, in seconds: `2m59.56s`, `1h`, `250ms`, `1d2h`.
    mutating func duration() -> Double? {
        var total: Double?
        while !isAtEnd {
            let start = position
            guard let value = decimal(), let unit = unit() else {
                position = start
                break
            }
            total = (total ?? 0) + value * unit
        }
        return total
    }

    /// A duration as a sentence has it: `7m12s`, `41 seconds`, `2 minutes and 5 seconds`, `": "17s"`, `3` (seconds).
    mutating func proseDuration() -> Double? {
        skip(" :\"'`=~(", atMost: 4)
        skip(word: "for ")
        skip(word: "about ")
        skip(word: "at least ")
        guard (current.map { (0x30...0x39).contains($0) }) ?? false else { return nil }
        var total: Double?
        while let value = decimal() {
            skip(" ", atMost: 1)
            guard let unit = unit() else {
                // A bare number is seconds, but only as the first thing said.
                if total == nil, !isLetter(current) { return value }
                break
            }
            total = (total ?? 0) + value * unit
            let end = position
            skip(", ", atMost: 2)
            skip(word: "and ")
            if !((current.map { (0x30...0x39).contains($0) }) ?? false) {
                position = end
                break
            }
        }
        return total
    }

    /// A unit's length in seconds; the letters must be all of a word.
    private mutating func unit() -> Double? {
        let start = position
        while isLetter(current) || (current ?? 0) >= 0x80 { position += 1 }
        let unit: Double? =
            switch String(decoding: bytes[start..<position], as: UTF8.self) {
            case "s", "sec", "secs", "second", "seconds": 1
            case "ms", "msec", "millisecond", "milliseconds": 1e-3
            case "us", "µs", "μs", "microseconds": 1e-6
            case "ns", "nanoseconds": 1e-9
            case "m", "min", "mins", "minute", "minutes": 60
            case "h", "hr", "hrs", "hour", "hours": 3600
            case "d", "day", "days": 86_400
            default: nil
            }
        if unit == nil { position = start }
        return unit
    }

    private func isLetter(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (0x61...0x7A).contains(byte | 0x20)
    }

    private mutating func skip(_ set: String, atMost: Int) {
        var skipped = 0
        while skipped < atMost, let byte = current, set.utf8.contains(byte) {
            position += 1
            skipped += 1
        }
    }

    private mutating func skip(word: String) {
        if bytes[min(position, bytes.count)...].starts(with: word.utf8) { position += word.utf8.count }
    }
}
