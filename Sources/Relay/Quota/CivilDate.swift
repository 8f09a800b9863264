/// Calendar arithmetic in UTC and Pacific time, without a time zone database.
enum CivilDate {
    /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The year in which a day falls.
    static func year(ofDay day: Int) -> Int {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        return yearOfEra + era * 400 + ((5 * dayOfYear + 2) / 153 < 10 ? 0 : 1)
    }

    /// Whether Los Angeles is on daylight time: from the second Sunday of March, 10:00 UTC, to the first Sunday of
    /// November, 09:00 UTC.
    static func isPacificDaylight(at wall: Double) -> Bool {
        let year = year(ofDay: Int((wall / 86_400).rounded(.down)))
        let start = Double(firstSunday(onOrAfter: days(year: year, month: 3, day: 8))) * 86_400 + 10 * 3600
        let end = Double(firstSunday(onOrAfter: days(year: year, month: 11, day: 1))) * 86_400 + 9 * 3600
        return wall >= start && wall < end
    }

    /// 1970-01-01 was a Thursday, so Sundays are three days after a multiple of seven.
    private static func firstSunday(onOrAfter day: Int) -> Int {
        day + ((3 - day) % 7 + 7) % 7
    }
}

extension DayReset {
    /// When the day window turns next, in seconds since 1970; `nil` where each call leaves it by itself.
    func nextTurn(after wall: Double) -> Double? {
        // Nonsense from a broken clock must not trap in a conversion.
        let wall = min(max(wall.isNaN ? 0 : wall, 0), 1e11)
        switch self {
        case .rolling:
            return nil
        case .utc:
            return ((wall / 86_400).rounded(.down) + 1) * 86_400
        case .pacific:
            let offset: Double = CivilDate.isPacificDaylight(at: wall) ? -7 * 3600 : -8 * 3600
            let midnight = (((wall + offset) / 86_400).rounded(.down) + 1) * 86_400
            // Clocks change at two in the morning, so midnight still has the offset of the day before.
            let daylight = midnight + 7 * 3600
            return CivilDate.isPacificDaylight(at: daylight) ? daylight : midnight + 8 * 3600
        }
    }
}
