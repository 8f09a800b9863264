import Testing

@testable import Relay

struct SessionPinsTests {
    private func key(_ number: Int) -> PinKey { PinKey(session: "session-\(number)", question: "meta-model") }

    @Test func `a session finds its route until it was not used for its time to live`() {
        let pins = SessionPins(timeToLive: .seconds(100), maximum: 10)
        pins.pin(key(1), to: 7, at: QuotaClock.at(0))
        #expect(pins.route(for: key(1), at: QuotaClock.at(99)) == 7)
        #expect(pins.route(for: key(1), at: QuotaClock.at(198)) == 7)
        #expect(pins.route(for: key(1), at: QuotaClock.at(298)) == nil)
        #expect(pins.count == 0)
    }

    @Test func `the least recently used goes first`() {
        let pins = SessionPins(timeToLive: .seconds(1000), maximum: 3)
        for number in 1...3 { pins.pin(key(number), to: number, at: QuotaClock.at(Double(number))) }
        #expect(pins.route(for: key(1), at: QuotaClock.at(4)) == 1)
        pins.pin(key(4), to: 4, at: QuotaClock.at(5))
        #expect(pins.route(for: key(2), at: QuotaClock.at(6)) == nil)
        #expect([1, 3, 4].map { pins.route(for: key($0), at: QuotaClock.at(6)) } == [1, 3, 4])
        #expect(pins.count == 3)
    }

    @Test func `a pin belongs to what was asked, too`() {
        let pins = SessionPins(timeToLive: .seconds(1000), maximum: 10)
        let filters = RouteFilters(type: "coding")
        pins.pin(PinKey(session: "s", model: "meta-model", filters: .none), to: 1, at: QuotaClock.at(0))
        pins.pin(PinKey(session: "s", model: "meta-model", filters: filters), to: 2, at: QuotaClock.at(0))
        #expect(pins.route(for: PinKey(session: "s", model: "Meta-Model", filters: .none), at: QuotaClock.at(1)) == 1)
        #expect(pins.route(for: PinKey(session: "s", model: "meta-model", filters: filters), at: QuotaClock.at(1)) == 2)
        #expect(PinKey(session: "ab", question: "c") != PinKey(session: "a", question: "bc"))
        #expect(PinKey(session: "", question: "") != PinKey(session: "\u{0}", question: ""))
    }

    @Test func `pins move, are taken away and are never more than allowed`() {
        for maximum in [0, 1, 1000, 8192] {
            let pins = SessionPins(timeToLive: .seconds(1000), maximum: maximum)
            for number in 0..<20_000 { pins.pin(key(number), to: number, at: QuotaClock.at(0)) }
            #expect(pins.count <= maximum)
            #expect(pins.count >= maximum * 9 / 10)
        }
        let pins = SessionPins(timeToLive: .seconds(1000), maximum: 10)
        pins.pin(key(1), to: 1, at: QuotaClock.at(0))
        pins.pin(key(2), to: 2, at: QuotaClock.at(0))
        pins.pin(key(1), to: 3, at: QuotaClock.at(1))
        #expect(pins.route(for: key(1), at: QuotaClock.at(1)) == 3)
        pins.unpin(key(1))
        pins.unpin(key(1))
        #expect(pins.route(for: key(1), at: QuotaClock.at(1)) == nil)
        pins.remap(to: 1) { $0 == 2 ? 20 : nil }
        #expect(pins.route(for: key(2), at: QuotaClock.at(1)) == 20)
        // A call that began before ends after it: 2 is another route now.
        pins.pin(key(3), to: 2, of: 0, at: QuotaClock.at(2))
        pins.pin(key(4), to: 5, of: 1, at: QuotaClock.at(2))
        #expect(pins.route(for: key(3), at: QuotaClock.at(2)) == nil)
        #expect(pins.route(for: key(4), at: QuotaClock.at(2)) == 5)
        pins.remap(to: 2) { _ in nil }
        #expect(pins.count == 0)
    }

    @Test func `random use leaves what a plain list would`() {
        var generator = SeededGenerator(seed: 5)
        var map = PinMap(capacity: 8)
        var list: [(key: PinKey, route: Int)] = []
        for step in 0..<20_000 {
            let key = key(Int.random(in: 0..<16, using: &generator))
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                map.remove(key)
                list.removeAll { $0.key == key }
            case 1:
                map.insert(key, route: step, at: Int64(step))
                list.removeAll { $0.key == key }
                if list.count == 8 { list.removeFirst() }
                list.append((key, step))
            default:
                let expected = list.first { $0.key == key }
                let found = map.find(key, at: Int64(step), lifetime: .max)
                #expect(found == expected?.route)
                if let expected {
                    list.removeAll { $0.key == key }
                    list.append(expected)
                }
            }
            #expect(map.count == list.count)
        }
    }
}
