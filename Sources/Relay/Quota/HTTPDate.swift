/// Dates as header fields carry them, as seconds since 1970.
///
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`
/// (RFC 9110 §5.6.7) and `1994-11-06T08:49:37.25Z` (RFC 3339, with any offset).
enum HTTPDate {
    static func parse(_ bytes: [UInt8]) -> Double? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let date = timestamp(text) { return date }
        let parts = text.split { $0 == " " || $0 == "," || $0 == "-" }
        if parts.count >= 5, let day = Int(parts[1]), let month = month(parts[2]), let year = Int(parts[3]) {
            // Two digits that look more than 50 years ahead are of the last century; nothing here is that old, so
            // every such year is of this one unless it says otherwise.
            return seconds(year: year < 70 ? year + 2000 : year < 100 ? year + 1900 : year, month, day, parts[4])
        }
        if parts.count >= 5, let month = month(parts[1]), let day = Int(parts[2]), let year = Int(parts[4]) {
            return seconds(year: year, month, day, parts[3])
        }
        return nil
    }

    /// RFC 3339.
    private static func timestamp(_ text: String) -> Double? {
        let halves = text.split(maxSplits: 1) { $0 == "T" || $0 == "t" || $0 == " " }
        guard halves.count == 2 else { return nil }
        let date = halves[0].split(separator: "-")
        guard date.count == 3, halves[0].utf8.count == 10,
            let year = Int(date[0]), let month = Int(date[1]), let day = Int(date[2])
        else { return nil }
        let clock = halves[1].prefix { $0.isNumber || $0 == ":" || $0 == "." }
        let zone = halves[1].dropFirst(clock.count)
        guard let base = seconds(year: year, month, day, clock) else { return nil }
        guard let sign = zone.first, sign == "+" || sign == "-" else { return base }
        let offset = zone.dropFirst().split(separator: ":").compactMap { Double($0) }
        guard offset.count == 2 else { return base }
        let shift = offset[0] * 3600 + offset[1] * 60
        return sign == "+" ? base - shift : base + shift
    }

    private static func seconds(year: Int, _ month: Int, _ day: Int, _ clock: Substring) -> Double? {
        let parts = clock.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 3, (1...12).contains(month), (1...31).contains(day), (1900...9999).contains(year),
            (0..<24).contains(parts[0]), (0..<60).contains(parts[1]), (0..<61).contains(parts[2])
        else { return nil }
        let days = Double(CivilDate.days(year: year, month: month, day: day))
        return days * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
    }

    private static func month(_ name: Substring) -> Int? {
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        return months.firstIndex(of: name.lowercased()).map { $0 + 1 }
    }
}
