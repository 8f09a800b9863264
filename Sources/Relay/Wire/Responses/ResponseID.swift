/// Ids of responses and their items. An item's tells whose it is and which, so that it is found without an index:
/// `resp_BASE`, `msg_BASE_0` (its first output item), `msg_BASE_i0` (its first input item).
enum ResponseID {
    /// A request's tag with what nobody can guess.
    static func newBase(_ tag: String) -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return tag + String(repeating: "0", count: 16 - random.utf8.count) + random
    }

    static func response(_ base: String) -> String { "resp_" + base }

    static func output(_ prefix: String, _ base: String, _ place: Int) -> String { "\(prefix)_\(base)_\(place)" }

    static func input(_ base: String, _ place: Int) -> String { "msg_\(base)_i\(place)" }

    enum Item: Equatable { case output(Int), input(Int) }

    /// The response that an item belongs to, and which of its items it is.
    static func parse(item id: String) -> (response: String, item: Item)? {
        let parts = id.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let place = parts[2].hasPrefix("i") ? Int(parts[2].dropFirst()).map(Item.input) : Int(parts[2]).map(Item.output)
        return place.map { (response(String(parts[1])), $0) }
    }
}
