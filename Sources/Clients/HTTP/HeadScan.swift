/// One pass over the bytes of a response head: status line and fields, and what its framing says.
struct HeadScan {
    private(set) var status = 0
    private(set) var isVersion10 = false
    private(set) var fields: [ResponseHead.Field] = []
    private(set) var contentLength: Int?
    private(set) var hasTransferEncoding = false
    private(set) var isChunked = false
    private(set) var keepsAlive = true
    /// Bytes up to and with the empty line.
    private(set) var length = 0

    /// `nil` when the empty line has not arrived yet.
    init?(_ bytes: UnsafeRawBufferPointer) throws(ResponseParser.Fault) {
        guard let statusEnd = try Self.lineEnd(bytes, from: 0) else {
            // What can no longer become a status line is refused before its line end arrives.
            try Self.checkStart(bytes)
            return nil
        }
        try readStatusLine(bytes, end: statusEnd)
        fields.reserveCapacity(24)
        var start = statusEnd + 2
        while true {
            guard let end = try Self.lineEnd(bytes, from: start) else { return nil }
            if end == start {
                length = end + 2
                break
            }
            try readField(bytes, from: start, to: end)
            start = end + 2
        }
        if isVersion10, !saysKeepAlive { keepsAlive = false }
    }

    private var saysKeepAlive = false

    /// The index of the CR that ends the line; a bare LF or CR is refused.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(ResponseParser.Fault) -> Int? {
        var index = start
        while index < bytes.count {
            if index + 16 <= bytes.count {
                // Most are nothing special.
                let controls = Self.controls(bytes.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self))
                guard controls != 0 else {
                    index += 16
                    continue
                }
                index += controls.trailingZeroBitCount
            }
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == 0x0A else { throw .badField }
                return index
            }
            // Control bytes have no place in a head, the tab apart.
            guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw .badField }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private static func controls(_ bytes: SIMD16<UInt8>) -> UInt64 {
        let blank = SIMD16<UInt8>(repeating: 0x20)
        let delete = SIMD16<UInt8>(repeating: 0x7F)
        return ((bytes .< blank) .| (bytes .== delete)).bits
    }

    /// Neither letters nor digits nor dashes.
    @inline(__always)
    private static func others(_ bytes: SIMD16<UInt8>) -> UInt64 {
        // Comparisons of whole vectors: with a single byte on one side the compiler goes byte by byte.
        func all(_ character: Unicode.Scalar) -> SIMD16<UInt8> { SIMD16(repeating: UInt8(ascii: character)) }
        let lower = bytes | SIMD16(repeating: 0x20)
        let notLetter = (lower .< all("a")) .| (all("z") .< lower)
        let notDigit = (bytes .< all("0")) .| (all("9") .< bytes)
        return (notLetter .& notDigit .& (bytes .!= all("-"))).bits
    }

    private static func checkStart(_ bytes: UnsafeRawBufferPointer) throws(ResponseParser.Fault) {
        let expected: StaticString = "HTTP/1."
        let matches = expected.withUTF8Buffer { expected in
            zip(bytes, expected).allSatisfy { $0 == $1 }
        }
        guard matches else { throw .badStatusLine }
    }

    /// `HTTP/1.1 200 OK`; the reason may be empty, and some servers leave the blank before it out as well.
    private mutating func readStatusLine(
        _ bytes: UnsafeRawBufferPointer,
        end: Int
    ) throws(ResponseParser.Fault) {
        try Self.checkStart(bytes)
        guard end >= 12, bytes[8] == 0x20, end == 12 || bytes[12] == 0x20 else { throw .badStatusLine }
        switch bytes[7] {
        case UInt8(ascii: "1"): isVersion10 = false
        case UInt8(ascii: "0"): isVersion10 = true
        default: throw .badStatusLine
        }
        var status = 0
        for index in 9..<12 {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { throw .badStatusLine }
            status = status * 10 + Int(digit)
        }
        guard status >= 100 else { throw .badStatusLine }
        self.status = status
    }

    private mutating func readField(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        to end: Int
    ) throws(ResponseParser.Fault) {
        var colon = start
        while colon < end {
            if colon + 16 <= bytes.count {
                // Most names are letters, digits and dashes.
                let others = Self.others(bytes.loadUnaligned(fromByteOffset: colon, as: SIMD16<UInt8>.self))
                colon = min(end, colon + min(16, others.trailingZeroBitCount))
                if colon == end || others == 0 { continue }
            }
            if bytes[colon] == UInt8(ascii: ":") { break }
            guard Self.isTokenByte(bytes[colon]) else { throw .badField }
            colon += 1
        }
        guard colon > start, colon < end, fields.count < 256 else { throw .badField }
        var from = colon + 1
        var to = end
        while from < to, bytes[from] == 0x20 || bytes[from] == 0x09 { from += 1 }
        while to > from, bytes[to - 1] == 0x20 || bytes[to - 1] == 0x09 { to -= 1 }
        fields.append(.init(name: Int32(start)..<Int32(colon), value: Int32(from)..<Int32(to)))
        try noteFraming(name: bytes[start..<colon], value: bytes[from..<to], raw: bytes[(colon + 1)..<end])
    }

    private mutating func noteFraming(
        name: Slice<UnsafeRawBufferPointer>,
        value: Slice<UnsafeRawBufferPointer>,
        raw: Slice<UnsafeRawBufferPointer>
    ) throws(ResponseParser.Fault) {
        switch name.count {
        case 14 where Self.equals(name, "content-length"):
            // A tab around the number is allowed (RFC 9110 §5.6.3), and refused by NIOHTTP1.
            guard contentLength == nil, !raw.contains(0x09) else { throw .conflictingLength }
            contentLength = try Self.decimal(value)
        case 17 where Self.equals(name, "transfer-encoding"):
            guard !hasTransferEncoding else { throw .unsupportedTransferEncoding }
            hasTransferEncoding = true
            isChunked = Self.equals(value, "chunked")
        case 10 where Self.equals(name, "connection"):
            // Nearly all say this one word, if any.
            if Self.equals(value, "keep-alive") { return saysKeepAlive = true }
            for token in value.split(separator: UInt8(ascii: ",")) {
                let token = token.drop { $0 == 0x20 || $0 == 0x09 }
                let end = token.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? token.startIndex
                let trimmed = token[token.startIndex..<end]
                if Self.equals(trimmed, "close") { keepsAlive = false }
                if Self.equals(trimmed, "keep-alive") { saysKeepAlive = true }
            }
        default:
            break
        }
    }

    private static func equals(_ bytes: Slice<UnsafeRawBufferPointer>, _ wanted: StaticString) -> Bool {
        wanted.withUTF8Buffer { ASCII.equalsIgnoringCase(bytes, $0) }
    }

    /// At most 18 digits, nothing else.
    private static func decimal(_ bytes: Slice<UnsafeRawBufferPointer>) throws(ResponseParser.Fault) -> Int {
        guard !bytes.isEmpty, bytes.count <= 18 else { throw .conflictingLength }
        var number = 0
        for byte in bytes {
            guard byte &- 0x30 < 10 else { throw .conflictingLength }
            number = number * 10 + Int(byte &- 0x30)
        }
        return number
    }

    /// RFC 9110 §5.6.2: a bit for each byte under 128, of digits and ``!#$%&'*+-.`` and of letters and ``^_`|~``.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        let word: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 128 && word >> UInt64(byte & 63) & 1 != 0
    }
}
