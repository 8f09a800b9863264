extension UpstreamErrorReader {
    /// Whether prompt or answer was too long, from the words of the body.
    func sizeFailure() -> UpstreamFailure? {
        // Only 400s speak of sizes, and servers that run a model themselves and fail over it.
        guard [200, 400, 413, 422, 500].contains(status) else { return nil }
        return answerTooLong() ?? promptTooLong()
    }

    private func answerTooLong() -> UpstreamFailure? {
        guard text.contains(anyOf: Self.answerNames), text.contains(anyOf: Self.answerVerdicts) else {
            return answerLeavesNoRoom()
        }
        if text.contains(anyOf: ["maximum context length", "too many tokens"]) { return answerLeavesNoRoom() }
        if let exclusive = text.integer(after: ["(inclusive) to "]) {
            return .maxTokensTooLarge(limit: max(1, exclusive - 1))
        }
        let limit =
            text.integer(after: [
                "less than or equal to ", "supports at most ", "cannot be greater than ", "cannot exceed ",
                "must be <= ", "is [1, ", "be [1, ", "[1,", "maximum value is ", "must not exceed ", "at most ",
                "maximum allowed is ", "up to ", "exceeds the maximum of ", "exceeds the limit of ",
            ])
            ?? text.integer(after: ["must be less than "]).map { max(1, $0 - 1) }
            ?? text.integer(after: [" > "])
        return .maxTokensTooLarge(limit: limit)
    }

    /// "maximum context length is 4097 tokens. However, you requested 5000 tokens (1000 in the messages, 4000 in the
    /// completion)": the prompt fits, only the answer asked for does not.
    private func answerLeavesNoRoom() -> UpstreamFailure? {
        // Anthropic: "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000".
        if let prompt = text.integer(after: ["exceed context limit: "]), let window = text.integer(after: [" > "]) {
            return window - prompt >= 16
                ? .noRoomForAnswer(room: window - prompt) : .contextLengthExceeded(window: window)
        }
        guard text.contains(anyOf: ["maximum context length", "context window"]),
            let window = text.integer(after: Self.windowPhrases),
            let prompt = text.integer(before: [
                " in the messages", " of text input", " input tokens", " in your prompt", " text input tokens",
            ]) ?? text.integer(after: ["prompt contains at least ", "your request has "])
        else { return nil }
        let room = window - prompt
        return room >= 16 ? .noRoomForAnswer(room: room) : .contextLengthExceeded(window: window)
    }

    private func promptTooLong() -> UpstreamFailure? {
        guard text.contains(anyOf: Self.promptPhrases) else { return nil }
        let window =
            text.fields.values(named: "n_ctx").compactMap { Int($0) }.first
            ?? text.integer(after: Self.windowPhrases)
            ?? text.integer(before: [" maximum context length", " maximum"])
        return .contextLengthExceeded(window: window.flatMap { $0 >= 256 ? $0 : nil })
    }

    private static let answerNames = [
        "max_tokens", "max_completion_tokens", "maxoutputtokens", "max_output_tokens", "max_new_tokens", "max tokens",
    ]
    private static let answerVerdicts = [
        "less than", "too large", "too high", "supports at most", "cannot be greater", "cannot exceed",
        "must not exceed",
        "exceeds", "supported range", "maximum allowed", "must be <=", "maximum value", "valid range", "[1,", "at most",
    ]
    private static let promptPhrases = [
        "context_length", "context length", "context window", "context size", "exceed_context_size",
        "prompt is too long",
        "prompt too long", "input is too long", "too many tokens", "tokens_limit_reached", "reduce the length",
        "maximum number of tokens", "maximum input length", "prompt token count", "input length",
        "string_above_max_length", "too many input tokens", "exceeds the maximum allowed number of input tokens",
        "prompt 超长", "input tokens exceed", "model_max_prompt_tokens_exceeded", "max input tokens",
    ]
    private static let windowPhrases = [
        "maximum context length is ", "maximum context length of ", "tokens allowed (", "tokens allowed: ",
        "context window limit (", "context window of ", "context length of ", "context length is only ",
        "context size (", "context length (", "max size: ", "while limit is ", "limit is ", "cannot exceed ",
        "exceeds the limit of ", "tokens > ", "must be less than ", "at most ", "maximum of ",
        "maximum input length of ",
        "no more than ",
    ]
}

extension ErrorText {
    /// The first whole number right after one of the phrases: `` `8192` ``, `10,000`.
    func integer(after phrases: [String]) -> Int? {
        for phrase in phrases {
            var start = 0
            while let found = firstIndex(of: phrase, from: start) {
                start = found + phrase.utf8.count
                if let number = Self.integer(in: lowered[start...]) { return number }
            }
        }
        return nil
    }

    /// The whole number right before one of the phrases.
    func integer(before phrases: [String]) -> Int? {
        for phrase in phrases {
            var start = 0
            while let found = firstIndex(of: phrase, from: start) {
                start = found + 1
                let digits = lowered[..<found].reversed().prefix { (0x30...0x39).contains($0) || $0 == 0x2C }
                if let number = Self.integer(in: Array(digits.reversed())[...]) { return number }
            }
        }
        return nil
    }

    private static func integer(in bytes: ArraySlice<UInt8>) -> Int? {
        var value = 0
        var digits = 0
        var skipped = 0
        for byte in bytes {
            if (0x30...0x39).contains(byte) {
                guard digits < 12 else { return nil }
                value = value * 10 + Int(byte - 0x30)
                digits += 1
            } else if digits > 0 {
                if byte != 0x2C && byte != 0x5F { break }
            } else if skipped < 2, byte == 0x60 || byte == 0x27 || byte == 0x20 || byte == 0x28 {
                skipped += 1
            } else {
                return nil
            }
        }
        return digits > 0 ? value : nil
    }
}
