import NIOCore
import NIOHTTP1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The head of a connection's last request, for recognising the next one that is like it.
///
/// Clients repeat their head byte for byte, all but the digits of `Content-Length`. Such a head was parsed, and found good,
/// by NIOHTTP1 when it first came; parsing it again would tell nothing new. Whatever differs elsewhere goes to the parser.
struct KnownHead {
    /// A request whose head is known, and where in the bytes its body begins.
    struct Match {
        let head: ClientHead
        let contentLength: Int
        let bodyStart: Int
    }

    private let head: ClientHead
    private let bytes: [UInt8]
    /// The value of `Content-Length` in `bytes`.
    private let digits: Range<Int>

    private static let maxBytes = 4096
    /// A length of more digits is for the parser to judge.
    private static let maxDigits = 9

    /// `bytes` are what a connection carried from the start of a request on, and what NIOHTTP1 made of it. `nil` where the
    /// head is not wholly among them, or is of a form that leaves any doubt about where it ends or how long its body is.
    init?(_ head: ClientHead, _ bytes: ByteBufferView) {
        guard head.target.method == .POST, head.framing.keepsAlive, !head.framing.isVersion10, !head.headers.isChunked,
            !head.headers.wantsUpgrade, !head.headers.expectsContinue, head.headers.contentLength != nil,
            let length = Self.headLength(bytes)
        else { return nil }
        let copy = Array(bytes.prefix(length))
        guard let digits = Self.lengthDigits(copy) else { return nil }
        self.head = head
        self.bytes = copy
        self.digits = digits
    }

    /// Whether `bytes` begin with this head, with any content length.
    func match(_ bytes: UnsafeRawBufferPointer) -> Match? {
        guard bytes.count >= self.bytes.count - digits.count + 1, equals(bytes, at: 0, 0..<digits.lowerBound) else {
            return nil
        }
        var place = digits.lowerBound
        var length = 0
        while place < bytes.count, bytes[place] &- 0x30 < 10 {
            guard place - digits.lowerBound < Self.maxDigits else { return nil }
            length = length * 10 + Int(bytes[place] &- 0x30)
            place += 1
        }
        let rest = digits.upperBound..<self.bytes.count
        guard place > digits.lowerBound, bytes.count - place >= rest.count, equals(bytes, at: place, rest) else {
            return nil
        }
        return Match(head: head, contentLength: length, bodyStart: place + rest.count)
    }

    private func equals(_ bytes: UnsafeRawBufferPointer, at start: Int, _ range: Range<Int>) -> Bool {
        self.bytes.withUnsafeBytes { own in
            guard let one = bytes.baseAddress, let other = own.baseAddress else { return range.isEmpty }
            return memcmp(one + start, other + range.lowerBound, range.count) == 0
        }
    }

    /// Bytes up to and with the first empty line; `nil` where it is not among them, or a line ends in anything but CRLF.
    static func headLength(_ bytes: ByteBufferView) -> Int? {
        // Blank lines before a request are allowed, and no part of its head.
        guard let first = bytes.first, first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") else { return nil }
        var lineStart = 0
        var last = UInt8(0)
        for (place, byte) in bytes.prefix(maxBytes).enumerated() {
            if byte == 0x0A {
                guard last == 0x0D else { return nil }
                if place - lineStart == 1 { return place + 1 }
                lineStart = place + 1
            } else if last == 0x0D {
                return nil
            }
            last = byte
        }
        return nil
    }

    /// Where the value of the only `Content-Length` stands: digits, with at most blanks before them.
    private static func lengthDigits(_ head: [UInt8]) -> Range<Int>? {
        let name = Array("content-length:".utf8)
        var found: Range<Int>?
        for start in head.indices where head[start] == 0x0A {
            let value = start + 1 + name.count
            guard value < head.count,
                zip(head[(start + 1)...], name).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 && $0 &- 65 < 26 })
            else { continue }
            guard found == nil else { return nil }
            var from = value
            while head[from] == 0x20 { from += 1 }
            var to = from
            while head[to] &- 0x30 < 10 { to += 1 }
            guard to > from, to - from <= maxDigits, head[to] == 0x0D else { return nil }
            found = from..<to
        }
        return found
    }
}
