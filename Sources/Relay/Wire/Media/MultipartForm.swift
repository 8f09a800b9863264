#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds the parts of a `multipart/form-data` body by its boundary (RFC 7578, RFC 2046 5.1) and copies nothing.
///
/// A boundary counts at the beginning of a line only, and only where nothing but blanks or `--` follow it in that line: a
/// file may hold anything else that looks like one.
struct MultipartForm {
    struct Part: Equatable {
        var name: String
        /// From its boundary up to the next one.
        var range: Range<Int>
        var value: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    /// Line break, `--` and the boundary; the first one of a body may go without the line break.
    private let delimiter: [UInt8]

    private static let maxHeaderBytes = 8192

    static func parts(
        of bytes: UnsafeRawBufferPointer,
        contentType: String
    ) throws(RequestFault) -> [Part] {
        guard mediaType(of: contentType) == "multipart/form-data" else {
            throw .invalid(
                param: "",
                message: "This endpoint takes a form: send it with Content-Type multipart/form-data."
            )
        }
        guard let boundary = boundary(in: contentType), (1...200).contains(boundary.utf8.count) else {
            throw .invalid(param: "", message: "The Content-Type of the form does not name its boundary.")
        }
        return try MultipartForm(bytes: bytes, delimiter: Array("\r\n--\(boundary)".utf8)).parts()
    }

    // MARK: Parts

    private func parts() throws(RequestFault) -> [Part] {
        var parts: [Part] = []
        guard var mark = nextMark(from: 0) else { throw malformed("it holds no boundary") }
        while !mark.isLast {
            guard let next = nextMark(from: mark.end) else { throw malformed("its last boundary is missing") }
            if let (name, value) = try read(mark.end..<next.start) {
                parts.append(Part(name: name, range: mark.dashes..<next.dashes, value: value))
            }
            mark = next
        }
        return parts
    }

    private struct Mark {
        /// Of the line break before it, which is no part of the value.
        var start: Int
        var dashes: Int
        /// Behind its own line break.
        var end: Int
        var isLast: Bool
    }

    private func nextMark(from start: Int) -> Mark? {
        var place = start
        // At the very beginning there is no line to end.
        if start == 0, bytes.starts(with: delimiter.dropFirst(2)), let mark = mark(at: 0, dashes: 0) { return mark }
        while let found = find(from: place) {
            if let mark = mark(at: found, dashes: found + 2) { return mark }
            place = found + 1
        }
        return nil
    }

    /// A boundary is one if its line ends behind it.
    private func mark(at start: Int, dashes: Int) -> Mark? {
        let behind = dashes + delimiter.count - 2
        if behind + 2 <= bytes.count, bytes[behind] == UInt8(ascii: "-"), bytes[behind + 1] == UInt8(ascii: "-") {
            return Mark(start: start, dashes: dashes, end: behind + 2, isLast: true)
        }
        var end = behind
        while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 { end += 1 }
        guard end + 2 <= bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A else { return nil }
        return Mark(start: start, dashes: dashes, end: end + 2, isLast: false)
    }

    /// The first delimiter from there on. It holds one carriage return, at its start, so that no byte is compared twice.
    private func find(from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var place = start
        while bytes.count - place >= delimiter.count,
            let found = memchr(base + place, 0x0D, bytes.count - place - delimiter.count + 1)
        {
            place = UnsafeRawPointer(found) - base
            if memcmp(base + place, delimiter, delimiter.count) == 0 { return place }
            place += 1
        }
        return nil
    }

    /// What stands between two boundaries: the name in the part's head, and its value. `nil` for a part without a name.
    private func read(_ range: Range<Int>) throws(RequestFault) -> (name: String, value: Range<Int>)? {
        var position = range.lowerBound
        var name: String?
        while true {
            guard let end = lineEnd(from: position, in: range) else { throw malformed("a part's head does not end") }
            let line = position..<end
            position = end + 2
            if line.isEmpty { break }
            name = name ?? Self.name(inHeader: String(decoding: bytes[line], as: UTF8.self))
        }
        guard let name else { return nil }
        return (name, min(position, range.upperBound)..<range.upperBound)
    }

    /// Where the line's CRLF stands. The last one of an empty value is the boundary's own.
    private func lineEnd(from start: Int, in range: Range<Int>) -> Int? {
        let limit = min(range.upperBound + 2, range.lowerBound + Self.maxHeaderBytes, bytes.count)
        var place = start
        while place + 1 < limit {
            if bytes[place] == 0x0D, bytes[place + 1] == 0x0A { return place }
            place += 1
        }
        return nil
    }

    private func malformed(_ what: String) -> RequestFault {
        .invalid(param: "", message: "The form cannot be read: \(what).")
    }

    // MARK: Headers

    static func mediaType(of contentType: String) -> String {
        let end = contentType.firstIndex(of: ";") ?? contentType.endIndex
        return contentType[..<end].filter { !$0.isWhitespace }.lowercased()
    }

    static func boundary(in contentType: String) -> String? { parameter("boundary", of: contentType) }

    private static func name(inHeader line: String) -> String? {
        guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else {
            return nil
        }
        return parameter("name", of: String(line[colon...].dropFirst()))
    }

    /// `; name=value` or `; name="value"`, in which a backslash escapes.
    static func parameter(_ name: String, of header: String) -> String? {
        var rest = Array(header.utf8)[...]
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[(semicolon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            guard let equals = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") }),
                rest[equals] == UInt8(ascii: "=")
            else { continue }
            let key = String(decoding: rest[..<equals], as: UTF8.self).lowercased()
            rest = rest[(equals + 1)...]
            let value = takeValue(&rest)
            if key == name { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        guard rest.first == UInt8(ascii: "\"") else {
            let value = rest.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
            rest = rest[value.endIndex...]
            return Array(value)
        }
        var value: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.first, escaped == byte || escaped == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                value.append(escaped)
            } else {
                value.append(byte)
            }
        }
        return value
    }
}
