import NIOCore
import Testing

@testable import Relay

struct ResponseStoreTests {
    private let now = Instant.now

    private func kept(_ id: String, bytes: Int = 10, previous: String? = nil) -> ResponseStore.Kept {
        let response = #"{"output":[{"n":0},{"n":1}],"x":"\#(String(repeating: "x", count: bytes))"}"#
        return ResponseStore.Kept(
            id: id,
            response: ByteBuffer(string: response),
            output: 10..<27,
            input: ByteBuffer(string: #"[{"role":"user"}]"#),
            previous: previous
        )
    }

    @Test func `a response is there for its client alone until it is removed`() {
        let store = ResponseStore()
        store.keep(kept("a"), of: "one", at: now)
        #expect(store.response("a", of: "one", at: now) != nil && store.response("a", of: "two", at: now) == nil)
        #expect(!store.remove("a", of: "two") && store.remove("a", of: "one") && !store.remove("a", of: "one"))
        #expect(store.count == 0 && store.bytes == 0)
    }

    @Test func `the least recently used goes first`() {
        let store = ResponseStore(maxCount: 2)
        store.keep(kept("a"), of: "", at: now)
        store.keep(kept("b"), of: "", at: now)
        _ = store.response("a", of: "", at: now)
        store.keep(kept("c"), of: "", at: now)
        #expect(store.response("b", of: "", at: now) == nil && store.response("a", of: "", at: now) != nil)
        #expect(store.count == 2)
    }

    @Test func `bytes are bounded too, and one that is too large is not kept`() {
        let store = ResponseStore(maxBytes: 3000)
        for id in ["a", "b", "c", "d", "e", "f"] { store.keep(kept(id, bytes: 400), of: "", at: now) }
        #expect(store.bytes <= 3000 && (2...3).contains(store.count))
        store.keep(kept("g", bytes: 4000), of: "", at: now)
        #expect(store.response("g", of: "", at: now) == nil && store.response("f", of: "", at: now) != nil)
    }

    @Test func `a day after its last use it is forgotten`() {
        let store = ResponseStore()
        store.keep(kept("a"), of: "", at: now)
        store.keep(kept("b"), of: "", at: now)
        let later = now.advanced(by: .seconds(80_000))
        _ = store.response("a", of: "", at: later)
        store.keep(kept("c"), of: "", at: now.advanced(by: .seconds(90_000)))
        #expect(store.count == 2)
        #expect(store.response("a", of: "", at: now.advanced(by: .seconds(90_000))) != nil)
        #expect(store.response("c", of: "", at: now.advanced(by: .seconds(90_000 + 86_400))) == nil)
    }

    @Test func `a chain is whole or it is none`() {
        let store = ResponseStore()
        store.keep(kept("a"), of: "", at: now)
        store.keep(kept("b", previous: "a"), of: "", at: now)
        store.keep(kept("c", previous: "b"), of: "", at: now)
        #expect(store.chain(endingWith: "c", of: "", at: now)?.map(\.id) == ["a", "b", "c"])
        _ = store.remove("a", of: "")
        #expect(store.chain(endingWith: "c", of: "", at: now) == nil)
        store.keep(kept("a", previous: "c"), of: "", at: now)
        #expect(store.chain(endingWith: "c", of: "", at: now) == nil)
    }

    @Test func `items are found by their ids`() {
        let store = ResponseStore()
        store.keep(kept("resp_t1"), of: "", at: now)
        var items = KeptItems(of: "", in: store, at: now)
        #expect(items.item("msg_t1_1").map { String(buffer: $0) } == #"{"n":1}"#)
        #expect(items.item("msg_t1_i0").map { String(buffer: $0) } == #"{"role":"user"}"#)
        for id in ["msg_t1_2", "msg_t1_i1", "msg_t2_0", "msg_t1", "x", "msg_t1_-1", ""] {
            #expect(items.item(id) == nil, "\(id)")
        }
        var others = KeptItems(of: "other", in: store, at: now)
        #expect(others.item("msg_t1_1") == nil)
    }

    @Test func `many uses of few responses take no room`() {
        let store = ResponseStore(maxCount: 3)
        for number in 0..<10_000 {
            store.keep(kept("r\(number % 5)"), of: "", at: now)
            _ = store.response("r\(number % 3)", of: "", at: now)
        }
        #expect(store.count == 3)
    }
}
