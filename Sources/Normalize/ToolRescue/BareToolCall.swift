/// A tool call that is the whole answer, as plain JSON, `{"name": "…", "arguments": {…}}`, or as Python, `[name(…)]`.
enum BareToolCall {
    enum Progress {
        case none, undecided
        /// The name of an offered tool stands where a call has it.
        case matches
    }

    /// What the answer's start, without its leading whitespace, is or may become.
    static func progress(in text: ArraySlice<UInt8>, offered: Set<String>) -> Progress {
        switch PythonCalls.begins(text, offered: offered) {
        case nil: return .undecided
        case true?: return .matches
        case false?: break
        }
        var scanner = Scanner(text: text)
        if text.first == .openBracket { scanner.index += 1 }
        guard scanner.take(.openBrace) else { return scanner.isAtEnd ? .undecided : .none }
        for _ in 0..<4 {
            guard let name = scanner.takeString() else { return scanner.isAtEnd ? .undecided : .none }
            guard scanner.take(.colon) else { return scanner.isAtEnd ? .undecided : .none }
            switch name {
            case "function" where scanner.take(.openBrace), "tool_calls" where scanner.take(.openBracket):
                if name == "tool_calls", !scanner.take(.openBrace) { return scanner.isAtEnd ? .undecided : .none }
                continue
            case "name", "function", "function_name", "tool_name", "tool":
                guard let value = scanner.takeString() else { return scanner.isAtEnd ? .undecided : .none }
                return offered.contains(value) ? .matches : .none
            case "type", "id":
                guard scanner.takeString() != nil, scanner.take(.comma) else {
                    return scanner.isAtEnd ? .undecided : .none
                }
            default:
                return scanner.isAtEnd ? .undecided : .none
            }
        }
        return .none
    }

    /// The calls that the whole answer consists of.
    static func calls(in answer: [UInt8], offered: Set<String>) -> [RescuedToolCall]? {
        let text = answer.trimmingSpace()
        // A repair that leaves words out is for documents, not for what the client would otherwise read.
        guard text.last == .closeBrace || text.last == .closeBracket else { return nil }
        if PythonCalls.begins(text, offered: offered) == true { return PythonCalls.calls(in: text, offered: offered) }
        return ToolCallJSON.calls(in: text, offered: offered)
    }

    /// Reads the tokens of a JSON text that may end anywhere.
    private struct Scanner {
        let text: ArraySlice<UInt8>
        var index: Int

        init(text: ArraySlice<UInt8>) {
            self.text = text
            index = text.startIndex
        }

        var isAtEnd: Bool { index >= text.endIndex }

        mutating func take(_ byte: UInt8) -> Bool {
            while index < text.endIndex, text[index].isSpace { index += 1 }
            guard index < text.endIndex, text[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func takeString() -> String? {
            guard take(.doubleQuote) else { return nil }
            guard let end = JSONMembers.stringEnd(in: text, from: index - 1) else {
                index = text.endIndex
                return nil
            }
            defer { index = end }
            return JSONMembers.string(text[(index - 1)..<end])
        }
    }
}
