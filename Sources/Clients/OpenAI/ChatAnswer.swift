package import NIOCore

/// Where things are in a chat completion or in one chunk of its stream; ranges count from the document's start.
///
/// One reading serves both: a chunk says `delta` where the whole answer says `message`.
package struct ChatAnswer: Sendable {
    package private(set) var id: JSONValueSpan?
    package private(set) var created: JSONValueSpan?
    package private(set) var model: JSONValueSpan?
    /// Present and not `null`: providers answer 200 with it.
    package private(set) var error: JSONValueSpan?
    package private(set) var usage: JSONMember?
    /// What goes with `usage` when it is taken out: the member and the comma that belongs to it.
    package private(set) var usageCut: Range<Int>?
    package private(set) var choices: Choices = Choices()
    package private(set) var hasChoices = false

    /// The choices, the first of which needs no allocation: nearly always it is the only one.
    package struct Choices: Sendable, Sequence {
        package private(set) var first: Choice?
        package private(set) var others: [Choice] = []

        mutating func append(_ choice: Choice) {
            if first == nil { first = choice } else { others.append(choice) }
        }

        package var count: Int { first == nil ? 0 : 1 + others.count }

        /// Each is looked at where it lies, where an iterator would hand out copies.
        package func visit(_ take: (Choice) -> Void) {
            if let first { take(first) }
            for place in others.indices { take(others[place]) }
        }

        package struct Iterator: IteratorProtocol {
            let choices: Choices
            var place = 0
            package mutating func next() -> Choice? {
                defer { place += 1 }
                if place == 0 { return choices.first }
                return place <= choices.others.count ? choices.others[place - 1] : nil
            }
        }

        package func makeIterator() -> Iterator { Iterator(choices: self) }
    }

    package struct Choice: Sendable {
        package var index = 0
        /// The `delta` or `message` object.
        package var body: JSONValueSpan?
        package var role: JSONValueSpan?
        package var content: JSONValueSpan?
        /// Text parts where `content` is an array (Mistral's reasoning models).
        package var reasoning: JSONValueSpan?
        package var toolCalls: JSONValueSpan?
        package var finishReason: JSONValueSpan?
        /// A member that is neither of these and not empty: a refusal, audio, annotations.
        package var hasOther = false

        package var hasText: Bool {
            guard let content else { return false }
            switch content.kind {
            case .string, .escapedString, .array: return content.range.count > 2
            default: return false
            }
        }

        package var hasReasoning: Bool { (reasoning?.range.count ?? 0) > 2 }
        package var hasToolCalls: Bool { (toolCalls?.range.count ?? 0) > 2 }
        /// Something a client would call an answer: not a role, not an empty delta.
        package var isMeaningful: Bool { hasText || hasReasoning || hasToolCalls || hasOther }
    }

    package init(_ bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        try read(bytes)
    }

    package init(_ buffer: ByteBuffer) throws(JSONFault) {
        var fault: JSONFault?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(JSONFault) { try read(bytes) } catch { fault = error }
        }
        if let fault { throw fault }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(bytes)
        try scanner.enterObject()
        var isFirst = true
        var lastEnd: Int?
        while let key = try scanner.nextKey(&isFirst) {
            if lastEnd == usage?.value.range.upperBound, let cut = usageCut, cut.lowerBound == usage?.range.lowerBound {
                // It was the first member: the comma behind it goes.
                usageCut = cut.lowerBound..<key.range.lowerBound - 1
            }
            let value: JSONValueSpan
            if JSONKey.equals(bytes, key, "choices"), scanner.peek() == UInt8(ascii: "[") {
                hasChoices = true
                let start = scanner.position
                try readChoices(bytes, &scanner)
                value = JSONValueSpan(kind: .array, range: start..<scanner.position)
            } else {
                value = try scanner.value()
            }
            let member = JSONMember(key: key, value: value)
            note(member, bytes)
            if member.key == usage?.key { usageCut = (lastEnd ?? member.range.lowerBound)..<value.range.upperBound }
            lastEnd = value.range.upperBound
        }
        try scanner.end()
    }

    private mutating func note(_ member: JSONMember, _ bytes: UnsafeRawBufferPointer) {
        guard member.value.kind != .null else { return }
        switch member.key.range.count {
        case 2 where JSONKey.equals(bytes, member.key, "id"): id = member.value
        case 5 where JSONKey.equals(bytes, member.key, "model"): model = member.value
        case 5 where JSONKey.equals(bytes, member.key, "usage"): usage = member
        case 5 where JSONKey.equals(bytes, member.key, "error"): error = member.value
        case 7 where JSONKey.equals(bytes, member.key, "created"): created = member.value
        default: break
        }
    }

    private mutating func readChoices(
        _ bytes: UnsafeRawBufferPointer,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) {
        try scanner.enterArray()
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            guard scanner.peek() == UInt8(ascii: "{") else {
                _ = try scanner.value()
                continue
            }
            var choice = Choice()
            try scanner.enterObject()
            var isFirstMember = true
            while let key = try scanner.nextKey(&isFirstMember) {
                if JSONKey.equals(bytes, key, "delta") || JSONKey.equals(bytes, key, "message"),
                    scanner.peek() == UInt8(ascii: "{")
                {
                    try Self.readBody(bytes, &scanner, into: &choice)
                    continue
                }
                let value = try scanner.value()
                if JSONKey.equals(bytes, key, "finish_reason") {
                    choice.finishReason = value.kind == .null ? nil : value
                } else if JSONKey.equals(bytes, key, "index"), value.kind == .number {
                    choice.index = JSONKey.integer(bytes, value) ?? 0
                }
            }
            choices.append(choice)
        }
    }

    private static func readBody(
        _ bytes: UnsafeRawBufferPointer,
        _ scanner: inout JSONScanner,
        into choice: inout Choice
    ) throws(JSONFault) {
        let start = scanner.position
        try scanner.enterObject()
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
            let value = try scanner.value()
            if JSONKey.equals(bytes, key, "content") {
                choice.content = value
            } else if value.kind == .null {
                continue
            } else if JSONKey.equals(bytes, key, "role") {
                choice.role = value
            } else if JSONKey.equals(bytes, key, "tool_calls") {
                choice.toolCalls = value
            } else if JSONKey.equals(bytes, key, "reasoning_content") || JSONKey.equals(bytes, key, "reasoning") {
                choice.reasoning = value
            } else if value.range.count > 2, value.kind != .false {
                choice.hasOther = true
            }
        }
        choice.body = JSONValueSpan(kind: .object, range: start..<scanner.position)
    }
}

/// A member of an object: where its key's text and its value are.
package struct JSONMember: Sendable, Equatable {
    package let key: JSONString
    package let value: JSONValueSpan

    package init(key: JSONString, value: JSONValueSpan) {
        self.key = key
        self.value = value
    }

    /// From the key's opening quote to the value's end.
    package var range: Range<Int> { key.range.lowerBound - 1..<value.range.upperBound }
}

/// Small readings of scanned JSON.
package enum JSONKey {
    /// Whether the string's raw bytes are that name; a name written with escapes is not recognised.
    @inlinable @inline(__always)
    package static func equals(_ bytes: UnsafeRawBufferPointer, _ string: JSONString, _ name: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        guard string.range.count == length, let base = bytes.baseAddress else { return false }
        return areEqual(base + string.range.lowerBound, UnsafeRawPointer(name.utf8Start), length)
    }

    /// Eight bytes at a time, the last ones together with some before them.
    @inlinable
    static func areEqual(_ one: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int) -> Bool {
        func differ<Word: FixedWidthInteger>(at place: Int, _ word: Word.Type) -> Bool {
            one.loadUnaligned(fromByteOffset: place, as: word) != other.loadUnaligned(fromByteOffset: place, as: word)
        }
        if count >= 8 {
            var place = 0
            while place + 8 < count {
                if differ(at: place, UInt64.self) { return false }
                place += 8
            }
            return !differ(at: count - 8, UInt64.self)
        }
        if count >= 4 { return !differ(at: 0, UInt32.self) && !differ(at: count - 4, UInt32.self) }
        for place in 0..<count where differ(at: place, UInt8.self) { return false }
        return true
    }

    /// A member of an object that has been scanned already; the object's first of that name.
    package static func member(
        _ name: StaticString,
        of object: JSONValueSpan,
        _ bytes: UnsafeRawBufferPointer
    ) -> JSONValueSpan? {
        guard object.kind == .object else { return nil }
        var scanner = JSONScanner(bytes)
        scanner.position = object.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterObject()
            var isFirst = true
            while let key = try scanner.nextKey(&isFirst) {
                let value = try scanner.value()
                if equals(bytes, key, name) { return value }
            }
        } catch {
            assertionFailure("\(error)")
        }
        return nil
    }

    /// A whole number of at most 18 digits.
    package static func integer(_ bytes: UnsafeRawBufferPointer, _ value: JSONValueSpan) -> Int? {
        guard value.kind == .number, value.range.count <= 18 else { return nil }
        var number = 0
        for byte in bytes[value.range] {
            guard byte &- 0x30 < 10 else { return nil }
            number = number * 10 + Int(byte &- 0x30)
        }
        return number
    }
}

/// Tokens as the provider counted them.
package struct TokenUsage: Sendable, Equatable {
    package var promptTokens: Int
    package var completionTokens: Int
    package var totalTokens: Int

    /// No call has more: sums over any number of calls stay within an `Int`, whatever a provider claims.
    private static let most = 1 << 32

    package init(promptTokens: Int, completionTokens: Int, totalTokens: Int? = nil) {
        self.promptTokens = min(promptTokens, Self.most)
        self.completionTokens = min(completionTokens, Self.most)
        self.totalTokens = min(totalTokens ?? self.promptTokens + self.completionTokens, 2 * Self.most)
    }

    /// Reads an OpenAI `usage` object; `nil` where neither count is a number.
    package init?(_ bytes: UnsafeRawBufferPointer, _ usage: JSONValueSpan) {
        guard usage.kind == .object else { return nil }
        var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[usage.range]))
        let inner = UnsafeRawBufferPointer(rebasing: bytes[usage.range])
        var (prompt, completion, total): (Int?, Int?, Int?)
        do throws(JSONFault) {
            try scanner.enterObject()
            var isFirst = true
            while let key = try scanner.nextKey(&isFirst) {
                let value = try scanner.value()
                if JSONKey.equals(inner, key, "prompt_tokens") { prompt = JSONKey.integer(inner, value) }
                if JSONKey.equals(inner, key, "completion_tokens") { completion = JSONKey.integer(inner, value) }
                if JSONKey.equals(inner, key, "total_tokens") { total = JSONKey.integer(inner, value) }
            }
        } catch {
            return nil
        }
        guard prompt != nil || completion != nil else { return nil }
        self.init(promptTokens: prompt ?? 0, completionTokens: completion ?? 0, totalTokens: total)
    }
}
