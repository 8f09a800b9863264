import Clients
import NIOCore

/// Takes the text of a freeform tool out of the arguments of the function that stands for it, `{"input":"…"}`, while they
/// come: what is written in that JSON string can be written in the client's as it is.
///
/// Where a model wrote something else, its one text is taken when all of it is there, or everything that it wrote.
struct FreeformInput {
    /// All of it, as it is written in a JSON string.
    private(set) var text = ByteBuffer()
    private var state = State.before
    /// What came before the text, or in place of it.
    private var opening: [UInt8] = []
    /// An escape whose end has not come, or half of a surrogate pair.
    private var held: [UInt8] = []

    private enum State { case before, inside, ended }

    /// Writes what may go on to the client.
    mutating func append(_ piece: [UInt8], into delta: inout ByteBuffer) {
        guard state != .ended else { return }
        var rest = piece[...]
        if state == .before {
            opening += piece
            guard let start = Self.start(of: opening) else { return }
            state = .inside
            rest = opening[start...]
        }
        let from = text.writerIndex
        takeInside(rest)
        write(from: from, into: &delta)
    }

    /// Nothing follows.
    mutating func end(into delta: inout ByteBuffer) {
        let from = text.writerIndex
        if state == .before { text.writeImmutableBuffer(Self.whole(opening)) }
        if held.count == 6 { text.write("\\ufffd") }
        held = []
        state = .ended
        write(from: from, into: &delta)
    }

    private func write(from start: Int, into delta: inout ByteBuffer) {
        if let new = text.getSlice(at: start, length: text.writerIndex - start) { delta.writeImmutableBuffer(new) }
    }

    /// Behind the quote with which the text begins; `nil` where it has not, or never will.
    private static func start(of bytes: [UInt8]) -> Int? {
        var place = 0
        func skip(_ expected: StaticString) -> Bool {
            while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
            for index in 0..<expected.utf8CodeUnitCount {
                guard place < bytes.count, bytes[place] == expected.utf8Start[index] else { return false }
                place += 1
            }
            return true
        }
        return skip("{") && skip("\"input\"") && skip(":") && skip("\"") ? place : nil
    }

    private mutating func takeInside(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if !held.isEmpty, takeIntoEscape(byte) { continue }
            switch byte {
            case UInt8(ascii: "\\"): held.append(byte)
            case UInt8(ascii: "\""):
                state = .ended
                return
            case ..<0x20: JSONText.escape(CollectionOfOne(byte), into: &text)
            default: text.writeInteger(byte)
            }
        }
    }

    /// `false` where the byte belongs to no escape.
    private mutating func takeIntoEscape(_ byte: UInt8) -> Bool {
        if held.count == 6 || held.count == 0 {
            // The first half of a pair waits for the second.
            guard byte == UInt8(ascii: "\\") else {
                text.write("\\ufffd")
                held = []
                return false
            }
            held.append(byte)
            return true
        }
        held.append(byte)
        let escape = held.count > 6 ? held[6...] : held[...]
        if escape.count == 2 {
            switch byte {
            case UInt8(ascii: "u"): return true
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                release(escape)
            default:
                // No escape at all: the backslash was meant.
                let isPaired = held.count > 6
                held = []
                if isPaired { text.write("\\ufffd") }
                text.write("\\\\")
                return false
            }
        } else if !Self.isHex(byte) {
            // No escape either, and the byte may be the text's end.
            let written = Array(escape.dropLast())
            let isPaired = held.count > 6
            held = []
            if isPaired { text.write("\\ufffd") }
            JSONText.escape(written, into: &text)
            return false
        } else if escape.count == 6 {
            endUnicodeEscape(escape)
        }
        return true
    }

    private mutating func release(_ escape: ArraySlice<UInt8>) {
        if held.count > 6 { text.write("\\ufffd") }
        text.writeBytes(escape)
        held = []
    }

    private mutating func endUnicodeEscape(_ escape: ArraySlice<UInt8>) {
        let unit = escape.suffix(4).reduce(0) { $0 << 4 | (Int(String(UnicodeScalar($1)), radix: 16) ?? 0) }
        let isSecond = held.count > 6
        switch unit & 0xFC00 {
        case 0xD800 where !isSecond: break
        case 0xDC00 where isSecond:
            text.writeBytes(held)
            held = []
        case 0xD800:
            text.write("\\ufffd")
            held = Array(escape)
        case 0xDC00:
            text.write("\\ufffd")
            held = []
        default: release(escape)
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 }

    /// The text of arguments that do not begin with it: the member of that name, the only text there is, or all of it.
    private static func whole(_ arguments: [UInt8]) -> ByteBuffer {
        arguments.withUnsafeBytes { bytes in
            var text = ByteBuffer()
            if let document = try? JSONView(document: bytes) {
                let texts = document.members.map(\.value).filter(\.isString)
                let found = document["input"] ?? (texts.count == 1 ? texts[0] : document)
                if let string = found.span.text {
                    text.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[string.range]))
                    return text
                }
            }
            JSONText.escape(bytes, into: &text)
            return text
        }
    }
}
