/// Amounts with the times they were spent at, oldest first, in a bounded ring.
///
/// Spendings closer together than `granularity` share an entry that carries the latest of their times. An amount is
/// therefore kept too long by at most `granularity` and never too short. The ring grows to what is used and no further
/// than `maximumCount` entries; beyond it the newest entry takes everything.
struct AmountRing: Sendable {
    struct Entry: Sendable {
        var first: Int64
        var last: Int64
        var amount: Int
    }

    static let maximumCount = 256

    private let granularity: Int64
    private var entries: [Entry] = []
    private var head = 0
    private(set) var count = 0
    /// The sum of all entries.
    private(set) var total = 0

    init(granularity: Int64) {
        self.granularity = granularity
    }

    /// The entry that many places after the oldest.
    subscript(offset: Int) -> Entry {
        entries[(head + offset) & (entries.count - 1)]
    }

    /// Notes an amount; a time before the newest entry's counts as that one's.
    mutating func append(_ amount: Int, at ticks: Int64) {
        guard amount > 0 else { return }
        total += amount
        if count > 0 {
            let newest = (head + count - 1) & (entries.count - 1)
            let time = max(ticks, entries[newest].last)
            if time - entries[newest].first <= granularity || count == Self.maximumCount {
                entries[newest].last = time
                entries[newest].amount += amount
                return
            }
            push(Entry(first: time, last: time, amount: amount))
        } else {
            push(Entry(first: ticks, last: ticks, amount: amount))
        }
    }

    /// Drops what was spent at `ticks` or before and tells whether there was any.
    mutating func removeFirst(through ticks: Int64) -> Bool {
        var removed = false
        while count > 0, entries[head].last <= ticks {
            total -= entries[head].amount
            head = (head + 1) & (entries.count - 1)
            count -= 1
            removed = true
        }
        return removed
    }

    mutating func removeAll() {
        head = 0
        count = 0
        total = 0
    }

    private mutating func push(_ entry: Entry) {
        if count == entries.count { grow() }
        entries[(head + count) & (entries.count - 1)] = entry
        count += 1
    }

    /// Doubles the room; positions are computed with a mask, so it is always a power of two.
    private mutating func grow() {
        let room = max(8, entries.count * 2)
        var grown: [Entry] = []
        grown.reserveCapacity(room)
        for offset in 0..<count { grown.append(self[offset]) }
        while grown.count < room { grown.append(Entry(first: 0, last: 0, amount: 0)) }
        entries = grown
        head = 0
    }
}
