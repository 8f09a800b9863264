/// Pins by key, linked in the order of their last use.
struct PinMap: Sendable {
    private struct Node {
        var key: PinKey
        var route: Int
        var usedAt: Int64
        var newer: Int32
        var older: Int32
    }

    private let capacity: Int
    private var places: [PinKey: Int32] = [:]
    private var nodes: [Node] = []
    private var unused: [Int32] = []
    private var newest: Int32 = Self.none
    private var oldest: Int32 = Self.none

    private static let none: Int32 = -1

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { places.count }

    mutating func find(_ key: PinKey, at ticks: Int64, lifetime: Int64) -> Int? {
        guard let place = places[key] else { return nil }
        guard ticks - nodes[Int(place)].usedAt < lifetime else {
            remove(key)
            return nil
        }
        touch(place, at: ticks)
        return nodes[Int(place)].route
    }

    /// The same without counting as use.
    func peek(_ key: PinKey, at ticks: Int64, lifetime: Int64) -> Int? {
        guard let place = places[key], ticks - nodes[Int(place)].usedAt < lifetime else { return nil }
        return nodes[Int(place)].route
    }

    mutating func insert(_ key: PinKey, route: Int, at ticks: Int64) {
        if let place = places[key] {
            nodes[Int(place)].route = route
            touch(place, at: ticks)
            return
        }
        guard capacity > 0 else { return }
        if places.count >= capacity { remove(nodes[Int(oldest)].key) }
        let node = Node(key: key, route: route, usedAt: ticks, newer: Self.none, older: Self.none)
        let place: Int32
        if let free = unused.popLast() {
            place = free
            nodes[Int(place)] = node
        } else {
            place = Int32(nodes.count)
            nodes.append(node)
        }
        places[key] = place
        linkAsNewest(place)
    }

    mutating func remove(_ key: PinKey) {
        guard let place = places.removeValue(forKey: key) else { return }
        unlink(place)
        unused.append(place)
    }

    /// From the most recently used back to `ticks`.
    func used(since ticks: Int64) -> [SessionPins.Used] {
        var used: [SessionPins.Used] = []
        var place = newest
        while place != Self.none, nodes[Int(place)].usedAt > ticks {
            let node = nodes[Int(place)]
            used.append(.init(key: node.key, route: node.route, usedAt: node.usedAt))
            place = node.older
        }
        return used
    }

    mutating func remap(_ route: (Int) -> Int?) {
        for (key, place) in places {
            if let moved = route(nodes[Int(place)].route) { nodes[Int(place)].route = moved } else { remove(key) }
        }
    }

    private mutating func touch(_ place: Int32, at ticks: Int64) {
        nodes[Int(place)].usedAt = max(ticks, nodes[Int(place)].usedAt)
        guard place != newest else { return }
        unlink(place)
        linkAsNewest(place)
    }

    private mutating func linkAsNewest(_ place: Int32) {
        nodes[Int(place)].newer = Self.none
        nodes[Int(place)].older = newest
        if newest != Self.none { nodes[Int(newest)].newer = place }
        newest = place
        if oldest == Self.none { oldest = place }
    }

    private mutating func unlink(_ place: Int32) {
        let node = nodes[Int(place)]
        if node.newer != Self.none { nodes[Int(node.newer)].older = node.older } else { newest = node.older }
        if node.older != Self.none { nodes[Int(node.older)].newer = node.newer } else { oldest = node.newer }
    }
}
