import NIOCore
import Testing

@testable import Clients

@Suite struct BufferRingTests {
    private static func text(_ ring: BufferRing, _ text: String, capacity: Int = 100) -> ByteBuffer {
        ring.buffer(capacity) { $0.writeString(text) }
    }

    private static func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test func `what somebody holds is not written over`() {
        let ring = BufferRing()
        let held = (0..<200).map { Self.text(ring, "number \($0)") }
        #expect(held.enumerated().allSatisfy { String(buffer: $1) == "number \($0)" })
    }

    @Test func `what nobody holds any more is written over, one after the other`() {
        let ring = BufferRing()
        let addresses = (0..<128).map { Self.address(Self.text(ring, "number \($0)")) }
        #expect(Set(addresses).count == 64)
        #expect(Array(addresses[..<64]) == Array(addresses[64...]))
    }

    @Test func `a longer text has the room that it needs`() {
        let ring = BufferRing()
        for number in 1..<200 {
            let text = String(repeating: "x", count: number * 100)
            #expect(String(buffer: Self.text(ring, text, capacity: number)) == text)
        }
    }

    @Test func `what is written while another is written is its own`() {
        let ring = BufferRing()
        var inner = ByteBuffer()
        let outer = ring.buffer(10) { buffer in
            buffer.writeString("before")
            inner = Self.text(ring, "within")
            buffer.writeString(" after")
        }
        #expect(String(buffer: outer) == "before after" && String(buffer: inner) == "within")
    }
}
