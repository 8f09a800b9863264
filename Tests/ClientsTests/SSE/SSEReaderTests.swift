import NIOCore
import Testing

@testable import Clients

@Suite struct SSEReaderTests {
    /// The frames of a stream that arrives in these pieces and then ends, as (raw, data).
    private static func frames(_ pieces: [String.UTF8View.SubSequence]) throws -> [Read] {
        var reader = SSEReader()
        var read: [Read] = []
        for piece in pieces {
            reader.append(ByteBuffer(bytes: piece))
            while let frame = try reader.next() { read.append(Read(frame)) }
        }
        if let rest = reader.finish() { read.append(Read(rest)) }
        #expect(!reader.hasRest)
        return read
    }

    private struct Read: Equatable {
        let raw: String
        let data: String?

        init(_ frame: SSEReader.Frame) {
            raw = String(buffer: frame.raw)
            data = frame.data.map { String(buffer: $0) }
        }
    }

    struct Stream: Sendable, CustomTestStringConvertible {
        let text: String
        let data: [String?]
        var endsInside = false

        var testDescription: String { text.debugDescription }
    }

    static let streams: [Stream] = [
        Stream(text: "", data: []),
        Stream(text: "data: a\n\ndata: b\n\n", data: ["a", "b"]),
        Stream(text: "data: a\r\n\r\ndata: b\r\n\r\n", data: ["a", "b"]),
        Stream(text: "data: a\r\rdata: b\r\n\n", data: ["a", "b"]),
        Stream(text: "data: a\n\r\ndata: b\r\n\rdata: c\r\n\r\n", data: ["a", "b", "c"]),
        Stream(text: "data: a\r\ndata: b\ndata: c\rdata: d\n\n", data: ["a b c d"]),
        Stream(text: "data:a\n\ndata:  b\n\ndata: c \n\n", data: ["a", " b", "c "]),
        Stream(text: "data\n\ndata:\n\ndata: \n\n", data: ["", "", ""]),
        Stream(text: "data\ndata: a\ndata\n\n", data: [" a "]),
        Stream(text: ": ping\n\ndata: a\n\n", data: [nil, "a"]),
        Stream(text: ": ping\ndata: a\n: pong\n\n", data: ["a"]),
        Stream(text: ":\n\n:\r\n\r\n", data: [nil, nil]),
        Stream(text: "event: error\nid: 7\nretry: 10\ndata: {\"a\":1}\n\n", data: ["{\"a\":1}"]),
        Stream(text: "event: ping\n\n", data: [nil]),
        Stream(text: "Data: a\ndatas: b\ndat: c\n data: d\ndata : e\n\n", data: [nil]),
        Stream(text: "data: a: b: c\n\n", data: ["a: b: c"]),
        Stream(text: "data: \u{b}\u{c}\u{85}\u{2028}\n\n", data: ["\u{b}\u{c}\u{85}\u{2028}"]),
        Stream(text: "data: naïve 日本 😀\n\ndata: [DONE]\n\n", data: ["naïve 日本 😀", "[DONE]"]),
        Stream(
            text: "data: 0123456789abcdef0123456789abcdef\n\ndata: 01234567\n\n",
            data: ["0123456789abcdef0123456789abcdef", "01234567"]
        ),
        Stream(text: "data: a\n\n\n\ndata: b\n\n", data: ["a", nil, nil, "b"]),
        Stream(text: "data: a\n\ndata: b", data: ["a", "b"], endsInside: true),
        Stream(text: "data: a\n\ndata: b\n", data: ["a", "b"], endsInside: true),
        Stream(text: "data: a\n\ndata: b\r\n", data: ["a", "b"], endsInside: true),
        Stream(text: "data: a\n\ndata: b\r", data: ["a", "b"], endsInside: true),
        Stream(text: "data: a\r\r", data: ["a"], endsInside: true),
        Stream(text: "data: a\ndata", data: ["a "], endsInside: true),
        Stream(text: ": bye", data: [nil], endsInside: true),
    ]

    @Test(arguments: streams) func `events are the same wherever the stream is cut`(_ stream: Stream) throws {
        let bytes = stream.text.utf8
        let whole = try Self.frames([bytes[...]])
        #expect(whole.map(\.data) == stream.data)
        #expect(whole.map(\.raw).joined() == stream.text + (stream.endsInside ? "\n\n" : ""))
        #expect(try Self.frames(bytes.indices.map { bytes[$0...$0] }) == whole)
        for place in bytes.indices {
            #expect(try Self.frames([bytes[..<place], bytes[place...]]) == whole)
        }
    }

    @Test(arguments: 0..<8) func `mixed streams are the same in pieces of any size`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let words = ["data: ", "data:", "data", ":", "x", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "é", "event: a", " "]
        for _ in 0..<60 {
            let text = (0..<40).map { _ in random.pick(words) }.joined()
            let bytes = text.utf8
            let whole = try Self.frames([bytes[...]])
            var pieces: [String.UTF8View.SubSequence] = []
            var start = bytes.startIndex
            while start < bytes.endIndex {
                let end = bytes.index(start, offsetBy: 1 + random.below(9), limitedBy: bytes.endIndex) ?? bytes.endIndex
                pieces.append(bytes[start..<end])
                start = end
            }
            #expect(try Self.frames(pieces) == whole)
            #expect(whole.map(\.raw).joined().utf8.starts(with: bytes))
        }
    }

    @Test func `an event comes with the byte that ends it`() throws {
        var reader = SSEReader()
        reader.append(ByteBuffer(string: "data: a\n"))
        #expect(try reader.next() == nil)
        #expect(reader.hasRest)
        reader.append(ByteBuffer(string: "\n"))
        #expect(try reader.next()?.data == ByteBuffer(string: "a"))
        #expect(try reader.next() == nil)
        #expect(!reader.hasRest)
        #expect(reader.finish() == nil)
    }

    @Test func `the data on one line is a slice of the event`() throws {
        var reader = SSEReader()
        reader.append(ByteBuffer(string: ": x\ndata: abc\n\n"))
        let frame = try #require(try reader.next())
        let data = try #require(frame.data)
        #expect(data == frame.raw.getSlice(at: frame.raw.readerIndex + 10, length: 3))
    }

    @Test func `an event over the limit is refused`() throws {
        var reader = SSEReader()
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1024 * 1024)
        for _ in 0..<16 {
            reader.append(piece)
            #expect(try reader.next() == nil)
        }
        reader.append(ByteBuffer(string: "x"))
        #expect(throws: SSEReader.TooLong.self) { try reader.next() }
    }

    @Test func `an event over the limit is refused even when it comes with its end`() throws {
        var reader = SSEReader()
        var event = ByteBuffer(repeating: UInt8(ascii: "x"), count: SSEReader.maxFrameBytes)
        event.writeString("\n\n")
        reader.append(event)
        #expect(throws: SSEReader.TooLong.self) { try reader.next() }
    }

    @Test(arguments: ["x", "data: one line\n", "data: one line\r\n", "\u{e9}"])
    func `no byte of a long event is looked at twice`(_ unit: String) throws {
        var reader = SSEReader()
        reader.append(ByteBuffer(string: "data: "))
        var length = 6
        for _ in 0..<500 {
            let piece = String(repeating: unit, count: 7)
            reader.append(ByteBuffer(string: piece))
            length += piece.utf8.count
            #expect(try reader.next() == nil)
            #expect(reader.searched >= length - 1)
        }
        reader.append(ByteBuffer(string: "\n\n"))
        #expect(try reader.next()?.raw.readableBytes ?? 0 >= length)
    }

    @Test func `what has been read is not kept while the stream goes on`() throws {
        var reader = SSEReader()
        // Every piece ends inside an event: the reader never runs empty.
        reader.append(ByteBuffer(string: "data: 0"))
        for _ in 0..<5000 {
            reader.append(ByteBuffer(string: "123456789\n\ndata: 0"))
            #expect(try reader.next() != nil)
        }
        #expect(reader.buffer.capacity <= 4096)
    }
}
