/// A `multipart/form-data` body as a simulated provider reads it: strictly, line by line.
///
/// Apart from the reader that Relay has, so that one checks the other.
struct SimulatedForm: Sendable {
    struct Part: Sendable {
        var name: String
        var filename: String?
        var contentType: String?
        var value: [UInt8]
    }

    private(set) var parts: [Part] = []

    /// Those without a file name.
    var texts: [SimulatedJSON.Member] {
        parts.filter { $0.filename == nil }
            .map { .init(name: $0.name, value: .string(String(decoding: $0.value, as: UTF8.self))) }
    }

    init(_ body: [UInt8], contentType: String) throws(SimulatedCheck.Complaint) {
        guard let boundary = Self.boundary(in: contentType) else {
            throw .init(status: 400, message: "Could not parse multipart form: no boundary in '\(contentType)'.")
        }
        let mark = Array("--\(boundary)".utf8)
        // Lines end in CRLF; a part's last line break belongs to the boundary that follows.
        var part: [[UInt8]]?
        var isClosed = false
        for line in Self.lines(of: body) {
            if line == mark || line == mark + Array("--".utf8) {
                if let part { parts.append(try Self.part(part)) }
                part = []
                isClosed = line.count > mark.count
                if isClosed { break }
            } else if part == nil {
                guard line.isEmpty else {
                    throw .init(status: 400, message: "The form does not begin with its boundary.")
                }
            } else {
                part?.append(line)
            }
        }
        guard isClosed else { throw .init(status: 400, message: "Unexpected end of the form.") }
    }

    private static func lines(of body: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        for place in body.indices.dropLast() where body[place] == 0x0D && body[place + 1] == 0x0A && place >= start {
            lines.append(Array(body[start..<place]))
            start = place + 2
        }
        return lines + [Array(body[start...])]
    }

    private static func part(_ lines: [[UInt8]]) throws(SimulatedCheck.Complaint) -> Part {
        guard let blank = lines.firstIndex(where: \.isEmpty) else {
            throw .init(status: 400, message: "A part of the form has no empty line after its head.")
        }
        var part = Part(name: "", value: Array(lines[(blank + 1)...].joined(separator: [0x0D, 0x0A])))
        for line in lines[..<blank] {
            let header = String(decoding: line, as: UTF8.self)
            let lowered = header.lowercased()
            if lowered.hasPrefix("content-disposition: form-data;") {
                part.name = attribute("name", of: header) ?? ""
                part.filename = attribute("filename", of: header)
            } else if lowered.hasPrefix("content-type: ") {
                part.contentType = String(header.dropFirst(14))
            }
        }
        guard !part.name.isEmpty else { throw .init(status: 400, message: "A part of the form has no name.") }
        return part
    }

    private static func attribute(_ name: String, of header: String) -> String? {
        for piece in header.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].filter({ $0 != " " }) == name else { continue }
            return pair[1].filter { $0 != "\"" }
        }
        return nil
    }

    private static func boundary(in contentType: String) -> String? {
        guard contentType.lowercased().hasPrefix("multipart/form-data;") else { return nil }
        return attribute("boundary", of: contentType)
    }
}
