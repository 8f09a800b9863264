import NIOCore

/// Status and fields of an upstream's answer, as ranges in the bytes that arrived.
///
/// Nothing is copied into strings until somebody asks: of the twenty-odd fields that a provider sends, two or three
/// are read.
package struct ResponseHead: Sendable {
    package let status: Int
    /// HTTP/1.0 answers close the connection unless they say otherwise.
    package let isVersion10: Bool
    private let bytes: ByteBuffer
    private let fields: [Field]

    struct Field: Sendable {
        var name: Range<Int32>
        var value: Range<Int32>
    }

    init(status: Int, isVersion10: Bool, bytes: ByteBuffer, fields: [Field]) {
        self.status = status
        self.isVersion10 = isVersion10
        self.bytes = bytes
        self.fields = fields
    }

    /// The first value of a field, without surrounding white space. The name is given in lower case.
    package func first(_ lowercasedName: String) -> String? {
        var name = lowercasedName
        return name.withUTF8 { wanted in
            bytes.withUnsafeReadableBytes { all in
                for field in fields where ASCII.equalsIgnoringCase(all[field.name.ints], wanted) {
                    return String(decoding: all[field.value.ints], as: UTF8.self)
                }
                return nil
            }
        }
    }

    /// Every field whose lower-cased name begins so, in order.
    package func all(prefix: String) -> [(name: String, value: String)] {
        bytes.withUnsafeReadableBytes { all in
            fields.compactMap { field in
                let name = String(decoding: all[field.name.ints], as: UTF8.self).lowercased()
                guard name.hasPrefix(prefix) else { return nil }
                return (name, String(decoding: all[field.value.ints], as: UTF8.self))
            }
        }
    }

    /// Whether any field speaks of rate limits (`x-ratelimit-…`, `ratelimit-…`, `anthropic-ratelimit-…`,
    /// `modelscope-ratelimit-…`): most answers have none, and then nothing more need be looked up.
    package var mentionsRateLimits: Bool {
        bytes.withUnsafeReadableBytes { all in
            fields.contains { field in
                let name = all[field.name.ints]
                return Self.ratelimit(name, at: 0) || Self.ratelimit(name, at: 2) || Self.ratelimit(name, at: 10)
                    || Self.ratelimit(name, at: 11)
            }
        }
    }

    /// The first letter rules nearly every name out.
    @inline(__always)
    private static func ratelimit(_ name: Slice<UnsafeRawBufferPointer>, at offset: Int) -> Bool {
        let start = name.startIndex + offset
        guard name.count >= offset + 9, name[start] | 0x20 == UInt8(ascii: "r") else { return false }
        return ("ratelimit" as StaticString).withUTF8Buffer { ASCII.equalsIgnoringCase(name[start..<start + 9], $0) }
    }

    /// Whether `content-type` is `text/event-stream` or, as Ollama's, `application/x-ndjson`, whatever its parameters.
    package var isStream: Bool {
        guard let type = first("content-type")?.lowercased() else { return false }
        return type.hasPrefix("text/event-stream") || type.hasPrefix("application/x-ndjson")
    }
}

extension Range<Int32> {
    fileprivate var ints: Range<Int> { Int(lowerBound)..<Int(upperBound) }
}

/// Comparisons on bytes that are ASCII by the protocol's own rules.
enum ASCII {
    /// `wanted` is in lower case already.
    static func equalsIgnoringCase(
        _ bytes: Slice<UnsafeRawBufferPointer>,
        _ wanted: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard bytes.count == wanted.count else { return false }
        var index = bytes.startIndex
        for byte in wanted {
            if lowercased(bytes[index]) != byte { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }
}
