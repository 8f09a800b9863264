/// Tool calls in which a name and the JSON of its arguments stand between tokens:
/// `begin` name `separator` {…} `end`, any number of times.
struct NamedToolCalls {
    private let begin: [UInt8]
    private let separator: [UInt8]
    private let end: [UInt8]

    init(begin: String, separator: String, end: String) {
        self.begin = Array(begin.utf8)
        self.separator = Array(separator.utf8)
        self.end = Array(end.utf8)
    }

    func calls(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        var calls: [RescuedToolCall] = []
        var position = text.startIndex
        while position < text.endIndex {
            var start = position
            if !begin.isEmpty {
                guard let found = text.firstIndex(of: begin, from: position) else { break }
                start = found + begin.count
            }
            guard let middle = text.firstIndex(of: separator, from: start) else { return nil }
            let after = middle + separator.count
            let close = end.isEmpty ? nil : text.firstIndex(of: end, from: after)
            guard let call = call(text[start..<middle], text[after..<(close ?? text.endIndex)], offered) else {
                return nil
            }
            calls.append(call)
            position = close.map { $0 + end.count } ?? text.endIndex
        }
        return calls.isEmpty ? nil : calls
    }

    /// `name{…}`, without anything between.
    static func call(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        guard let brace = text.firstIndex(of: .openBrace) else { return nil }
        let name = String(decoding: text[..<brace].trimmingSpace(), as: UTF8.self)
        guard offered.contains(name), let arguments = ToolCallJSON.arguments(text[brace...]) else { return nil }
        return [RescuedToolCall(name: name, arguments: arguments)]
    }

    private func call(_ head: ArraySlice<UInt8>, _ body: ArraySlice<UInt8>, _ offered: Set<String>) -> RescuedToolCall?
    {
        var head = head.trimmingSpace()
        // DeepSeek: `function<sep>name`, then the arguments in a code block.
        if head.elementsEqual("function".utf8), let line = body.firstIndex(of: .newline) {
            head = body[..<line].trimmingSpace()
        }
        // gpt-oss: `functions.name <|constrain|>json`; Mistral: `name[CALL_ID]…`.
        head = head.prefix { !$0.isSpace && $0 != .openBracket && $0 != .less }
        var name = String(decoding: head, as: UTF8.self)
        // Kimi: `functions.name:0`.
        if !offered.contains(name) {
            if name.hasPrefix("functions.") { name.removeFirst("functions.".count) }
            if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
        }
        guard offered.contains(name), let brace = body.firstIndex(of: .openBrace) else { return nil }
        return ToolCallJSON.arguments(Self.object(in: body[brace...]))
            .map { RescuedToolCall(name: name, arguments: $0) }
    }

    /// The object at the start, without a code fence behind it.
    private static func object(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = text.trimmingSpace()
        while rest.last == .backtick { rest.removeLast() }
        return rest.trimmingSpace()
    }
}
