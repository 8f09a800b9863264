import Clients

/// What becomes of one message on its way: a shortened text, and the shapes that strict providers insist on.
struct MessageEdits {
    let bytes: UnsafeRawBufferPointer
    let message: ChatRequest.MessageSpan
    let route: Route
    let isStrict: Bool

    private var quirks: Quirks { route.quirks }

    private static let standardMembers: [StaticString] = ["role", "content", "name", "tool_calls", "tool_call_id"]

    /// `appending` goes behind the text, an empty line between them.
    func apply(shortened: String?, appending addition: JSONFragment?, to edits: inout ByteEdits) {
        if isStrict { removeOwnMembers(&edits) }
        guard let content = message.content else { return }
        let isFlattened = content.kind == .array && quirks.flatContent && message.images == 0 && message.audios == 0
        if let text = shortened ?? (isFlattened ? MessageText.read(bytes, content) : nil) {
            var replacement = [UInt8(ascii: "\"")] + JSONFragment(text).bytes
            if let addition { replacement += Array(#"\n\n"#.utf8) + addition.bytes }
            edits.replace(content.range, with: replacement + [UInt8(ascii: "\"")])
        } else if content.kind == .null, quirks.nullContentAsEmpty {
            edits.replace(content.range, with: "\"\"")
        } else if let addition {
            append(addition, to: content, &edits)
        }
    }

    private func append(_ addition: JSONFragment, to content: JSONValueSpan, _ edits: inout ByteEdits) {
        let end = content.range.upperBound - 1
        if content.isString {
            edits.insert(#"\n\n"#, at: end)
            edits.insert(addition.bytes, at: end)
        } else {
            let isEmpty = !bytes[content.range.lowerBound + 1..<end].contains { $0 > 0x20 }
            edits.insert((isEmpty ? "" : ",") + #"{"type":"text","text":""#, at: end)
            edits.insert(addition.bytes, at: end)
            edits.insert(#""}"#, at: end)
        }
    }

    /// Members beyond the API's own: what agents keep in their history for themselves.
    private func removeOwnMembers(_ edits: inout ByteEdits) {
        var members: [JSONMember] = []
        var scanner = JSONScanner(bytes)
        scanner.position = message.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterObject()
            var isFirst = true
            while let key = try scanner.nextKey(&isFirst) {
                members.append(JSONMember(key: key, value: try scanner.value()))
            }
        } catch {
            return
        }
        edits.remove(
            { place in !Self.standardMembers.contains { JSONKey.equals(bytes, members[place].key, $0) } },
            from: members.map(\.range)
        )
        if let calls = message.toolCalls { removeOwnMembers(ofCalls: JSONView(bytes, calls), &edits) }
    }

    private static let callMembers: [StaticString] = ["id", "type", "function", "index"]

    /// What another provider has written beside a call: Gemini's `extra_content`.
    private func removeOwnMembers(ofCalls calls: JSONView, _ edits: inout ByteEdits) {
        for call in calls.elements {
            let members = call.members.map { JSONMember(key: $0.key, value: $0.value.span) }
            edits.remove(
                { place in !Self.callMembers.contains { JSONKey.equals(bytes, members[place].key, $0) } },
                from: members.map(\.range)
            )
        }
    }
}

/// The text of a message's content: the string itself, or the text parts of an array, joined by empty lines.
enum MessageText {
    static func read(_ bytes: UnsafeRawBufferPointer, _ content: JSONValueSpan) -> String {
        if let text = content.text { return JSONText.string(bytes, text) }
        guard content.kind == .array else { return "" }
        var parts: [String] = []
        var scanner = JSONScanner(bytes)
        scanner.position = content.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                guard scanner.peek() == UInt8(ascii: "{") else {
                    _ = try scanner.value()
                    continue
                }
                try scanner.enterObject()
                var isFirstMember = true
                while let key = try scanner.nextKey(&isFirstMember) {
                    let value = try scanner.value()
                    if JSONKey.equals(bytes, key, "text"), let text = value.text {
                        parts.append(JSONText.string(bytes, text))
                    }
                }
            }
        } catch {
            return parts.joined(separator: "\n\n")
        }
        return parts.joined(separator: "\n\n")
    }
}

/// Takes members that a provider refuses out of tool schemas, at every depth.
enum SchemaKeys {
    static func remove(
        _ names: [String],
        in value: JSONValueSpan,
        of bytes: UnsafeRawBufferPointer,
        _ edits: inout ByteEdits
    ) {
        var scanner = JSONScanner(bytes)
        scanner.position = value.range.lowerBound
        do throws(JSONFault) {
            try visit(&scanner, names, bytes, &edits)
        } catch {
            return
        }
    }

    private static func visit(
        _ scanner: inout JSONScanner,
        _ names: [String],
        _ bytes: UnsafeRawBufferPointer,
        _ edits: inout ByteEdits
    ) throws(JSONFault) {
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var members: [JSONMember] = []
            try scanner.enterObject()
            var isFirst = true
            while let key = try scanner.nextKey(&isFirst) {
                _ = scanner.peek()
                let start = scanner.position
                if names.contains(JSONText.string(bytes, key)) {
                    members.append(JSONMember(key: key, value: try scanner.value()))
                } else {
                    try visit(&scanner, names, bytes, &edits)
                    let span = JSONValueSpan(kind: .object, range: start..<scanner.position)
                    members.append(JSONMember(key: key, value: span))
                }
            }
            edits.remove(
                { names.contains(JSONText.string(bytes, members[$0].key)) },
                from: members.map(\.range)
            )
        case UInt8(ascii: "["):
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) { try visit(&scanner, names, bytes, &edits) }
        default:
            _ = try scanner.value()
        }
    }
}
