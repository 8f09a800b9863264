/// Tool calls written with tags for the function and its parameters.
enum ToolCallTags {
    /// `<function=name>{…}</function>`, `<function=name{…}</function>`, and with tags inside
    /// `<function=name><parameter=key>value</parameter></function>`.
    static func functions(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        var calls: [RescuedToolCall] = []
        for part in pieces(of: text, between: "<function=", and: "</function>") {
            let nameEnd = part.firstIndex { !isNameByte($0) } ?? part.endIndex
            let name = String(decoding: part[..<nameEnd], as: UTF8.self)
            guard offered.contains(name) else { return nil }
            var body = part[nameEnd...].trimmingSpace()
            while let first = body.first, first == .greater || first == .comma || first == 0x28 || first.isSpace {
                body = body.dropFirst()
            }
            while let last = body.last, last == .greater || last == 0x29 || last.isSpace { body = body.dropLast() }
            let pairs = parameters(in: part, begin: "<parameter=", nameEnd: .greater, end: "</parameter>")
            guard let arguments = pairs.isEmpty ? ToolCallJSON.arguments(body) : object(pairs) else { return nil }
            calls.append(RescuedToolCall(name: name, arguments: arguments))
        }
        return calls.isEmpty ? nil : calls
    }

    /// `<invoke name="…"><parameter name="key">value</parameter></invoke>`, where each tag's name may have a prefix.
    static func invocations(
        in text: ArraySlice<UInt8>,
        prefix: String = "",
        offered: Set<String>
    ) -> [RescuedToolCall]? {
        var calls: [RescuedToolCall] = []
        for part in pieces(of: text, between: "<\(prefix)invoke name=\"", and: "</\(prefix)invoke>") {
            guard let quote = part.firstIndex(of: .doubleQuote) else { return nil }
            let name = String(decoding: part[..<quote], as: UTF8.self)
            guard offered.contains(name) else { return nil }
            let pairs = parameters(
                in: part[quote...],
                begin: "<\(prefix)parameter name=\"",
                nameEnd: .doubleQuote,
                end: "</\(prefix)parameter>"
            )
            calls.append(RescuedToolCall(name: name, arguments: object(pairs)))
        }
        return calls.isEmpty ? nil : calls
    }

    /// `name<arg_key>key</arg_key><arg_value>value</arg_value>…` (GLM).
    static func argumentPairs(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        let head = text.firstIndex(of: .less).map { text[..<$0] } ?? text
        let name = String(decoding: head.trimmingSpace(), as: UTF8.self)
        guard offered.contains(name) else { return nil }
        let keys = pieces(of: text, between: "<arg_key>", and: "</arg_key>")
        let values = pieces(of: text, between: "<arg_value>", and: "</arg_value>")
        guard keys.count == values.count else { return nil }
        let pairs = zip(keys, values).map { (name: $0.trimmingSpace(), value: $1, isString: false) }
        return [RescuedToolCall(name: name, arguments: object(pairs))]
    }

    private typealias Pair = (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>, isString: Bool)

    private static let stringMark = Array("string=\"true\"".utf8)

    private static func parameters(
        in text: ArraySlice<UInt8>,
        begin: String,
        nameEnd: UInt8,
        end: String
    ) -> [Pair] {
        pieces(of: text, between: begin, and: end)
            .compactMap { part in
                guard let close = part.firstIndex(of: nameEnd), let value = part[close...].firstIndex(of: .greater)
                else {
                    return nil
                }
                // DeepSeek says of each value whether it is a string, whatever it looks like.
                let isString = part[close..<value].firstIndex(of: stringMark, from: close) != nil
                return (part[..<close].trimmingSpace(), part[(value + 1)...], isString)
            }
    }

    /// What stands between each two tags; the last may be open.
    private static func pieces(of text: ArraySlice<UInt8>, between begin: String, and end: String) -> [ArraySlice<
        UInt8
    >] {
        let begin = Array(begin.utf8)
        let end = Array(end.utf8)
        var pieces: [ArraySlice<UInt8>] = []
        var position = text.startIndex
        while let start = text.firstIndex(of: begin, from: position) {
            let close = text.firstIndex(of: end, from: start + begin.count)
            pieces.append(text[(start + begin.count)..<(close ?? text.endIndex)])
            guard let close else { break }
            position = close + end.count
        }
        return pieces
    }

    /// An object of these members. A value that is JSON is taken as that, any other is a string.
    private static func object(_ pairs: [Pair]) -> String {
        var text: [UInt8] = [.openBrace]
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text += [.comma, .space] }
            append(string: pair.name, to: &text)
            text += [.colon, .space]
            let value = pair.value.trimmingSpace()
            if pair.isString {
                append(string: pair.value, to: &text)
            } else if JSONValidator.isValid(value) {
                text += value
            } else {
                append(string: value, to: &text)
            }
        }
        return String(decoding: text + [.closeBrace], as: UTF8.self)
    }

    private static func append(string: ArraySlice<UInt8>, to text: inout [UInt8]) {
        text.append(.doubleQuote)
        for byte in string { JSONRepairer.writeEscaped(byte, to: &text) }
        text.append(.doubleQuote)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isWord || byte == 0x2D || byte == .dot
    }
}
