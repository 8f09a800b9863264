import Testing

@testable import Relay

struct RetryAfterTests {
    @Test(arguments: [
        ("30", 30.0), ("0", 0), ("1.5", 1.5), ("-5", 0), (" 7 ", 7), ("\"7\"", 7), ("+3", 3),
        ("2m59.56s", 179.56), ("7.66s", 7.66), ("250ms", 0.25), ("1h", 3600), ("1h2m3s", 3723), ("17s", 17),
        ("1m", 60), ("23h59m59s", 86_399), ("1d", 86_400), ("2d", 86_400), ("500us", 0.0005), ("500µs", 0.0005),
        ("1m0.5s", 60.5), ("0.5m", 30), ("90 000", nil),
        ("Wed, 15 Jan 2025 12:00:30 GMT", 30), ("Wednesday, 15-Jan-25 12:02:00 GMT", 120),
        ("Wed Jan 15 12:00:09 2025", 9), ("Wed, 15 Jan 2025 11:59:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0), ("Sun Nov  6 08:49:37 1994", 0),
        ("Fri, 17 Jan 2025 12:00:00 GMT", 86_400),
        ("2025-01-15T12:00:45Z", 45), ("2025-01-15T13:00:45.5+01:00", 45.5), ("2025-01-15T04:01:00-08:00", 60),
        ("1736942460", 60), ("1736942400000", 0), ("1736942415250", 15.25), ("1736942415250000", 15.25),
        ("1736942000", 0), ("1736942000000", 0), ("1999999999", 86_400), ("2000000001", 86_400), ("99999999", 86_400),
        ("500000000", 86_400),
        ("", nil), ("soon", nil), ("s", nil), ("5 apples", nil), ("--5", nil), ("1.2.3", nil), ("1m garbage", nil),
        ("Wed, 99 Jan 2025 12:00:30 GMT", nil), ("999999999999999999999999999", 86_400), ("\u{0}\u{1}", nil),
    ])
    func `every form of Retry-After is read`(text: String, seconds: Double?) {
        let read = RetryAfter.parse(text, now: QuotaClock.at(0))?.seconds
        if let seconds, let read {
            #expect(abs(read - seconds) < 0.001, "\(text)")
        } else {
            #expect(read == seconds, "\(text)")
        }
    }

    @Test(arguments: [
        ("Rate limit reached. Please try again in 7m12s.", 432.0),
        ("Please try again in 7.66s. Visit https://x.y/z", 7.66),
        ("Please retry in 37.598432471s.", 37.598),
        ("please try again in 250ms", 0.25),
        ("Please wait 41 seconds before retrying.", 41),
        ("Please wait 12345 seconds before retrying", 12_345),
        ("Try again in 2 minutes and 5 seconds", 125),
        ("try again in 1 hour, 30 minutes", 5400),
        ("Retry after 10", 10),
        ("Try again after 1d2h", 86_400),
        ("\"retryDelay\": \"17s\"", 17),
        ("quota will reset in 20 minutes", 1200),
        ("Please try again in 14m24s. Then again in 3s.", 864),
        ("wait for 5 min", 300),
        ("try again later", nil), ("Wait for it", nil), ("", nil), ("in 5s", nil), ("try again in 5 lightyears", nil),
    ])
    func `a wait in prose is read`(text: String, seconds: Double?) {
        let read = RetryAfter.inProse(text)?.seconds
        if let seconds, let read {
            #expect(abs(read - seconds) < 0.001, "\(text)")
        } else {
            #expect(read == seconds, "\(text)")
        }
    }

    @Test func `no bytes crash the readers`() {
        var generator = SeededGenerator(seed: 1)
        let letters = Array("0123456789.-+:smhduµ ,GMTJanWed\"{}z\u{0}".unicodeScalars)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<40, using: &generator)
            var text = ""
            for _ in 0..<length {
                text.unicodeScalars.append(letters[Int.random(in: 0..<letters.count, using: &generator)])
            }
            let wait = RetryAfter.parse(text, now: QuotaClock.at(0)) ?? .zero
            #expect(wait >= .zero && wait <= RetryAfter.maximum)
            _ = RetryAfter.inProse("try again in " + text)
        }
    }
}

struct DayResetTests {
    /// Seconds since 1970 before and at the turn.
    @Test(arguments: [
        (DayReset.utc, 1_736_942_400.0, 1_736_985_600.0),
        (.utc, 1_736_985_600, 1_737_072_000),
        // 15 Jan 2025 12:00 UTC is 04:00 in Los Angeles: midnight is 16 Jan 08:00 UTC.
        (.pacific, 1_736_942_400, 1_737_014_400),
        // 15 Jul 2025 12:00 UTC is 05:00: midnight is 16 Jul 07:00 UTC.
        (.pacific, 1_752_580_800, 1_752_649_200),
        // 9 Mar 2025: 23 hours from midnight (08:00 UTC) to midnight (10 Mar 07:00 UTC).
        (.pacific, 1_741_507_200, 1_741_590_000),
        (.pacific, 1_741_507_199, 1_741_507_200),
        // 2 Nov 2025: 25 hours from midnight (07:00 UTC) to midnight (3 Nov 08:00 UTC).
        (.pacific, 1_762_066_800, 1_762_156_800),
        (.pacific, 1_762_066_799, 1_762_066_800),
        // Leap day and year's end.
        (.pacific, 1_709_200_000, 1_709_280_000),
        (.utc, 1_735_689_599, 1_735_689_600),
    ])
    func `days turn at the provider's midnight`(reset: DayReset, wall: Double, turn: Double) {
        #expect(reset.nextTurn(after: wall) == turn)
    }

    @Test func `rolling days never turn`() {
        #expect(DayReset.rolling.nextTurn(after: QuotaClock.start) == nil)
    }

    @Test func `a broken clock does no harm`() {
        for wall in [Double.nan, .infinity, -.infinity, -1, 1e300] {
            #expect((DayReset.pacific.nextTurn(after: wall) ?? -1) > 0)
            #expect((DayReset.utc.nextTurn(after: wall) ?? -1) > 0)
        }
    }

    @Test func `years and days agree with each other`() {
        for year in 1970...2400 {
            #expect(CivilDate.year(ofDay: CivilDate.days(year: year, month: 1, day: 1)) == year)
            #expect(CivilDate.year(ofDay: CivilDate.days(year: year, month: 12, day: 31)) == year)
        }
        #expect(CivilDate.days(year: 1970, month: 1, day: 1) == 0)
        #expect(CivilDate.days(year: 2000, month: 3, day: 1) == 11_017)
    }
}
