/// Tool calls that are JSON: `{"name": …, "arguments": {…}}` and its relatives.
enum ToolCallJSON {
    private static let nameKeys = ["name", "function", "function_name", "tool_name", "tool"]
    private static let argumentKeys = ["arguments", "parameters", "args", "input"]

    /// `[{"tool_calls": [{…}]}]` is as deep as calls are wrapped.
    private static let maximumDepth = 4

    /// The calls in a text that is nothing but them: an object, an array, or several after one another. `nil` when
    /// anything in it is no call of an offered tool.
    static func calls(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        let text = text.trimmingSpace()
        guard text.first == .openBrace || text.first == .openBracket,
            let document = JSONDocument.extract(from: Array(text), truncated: false)
        else { return nil }
        return calls(inDocument: document[...], offered: offered)
    }

    private static func calls(
        inDocument text: ArraySlice<UInt8>,
        offered: Set<String>,
        depth: Int = 0
    ) -> [RescuedToolCall]? {
        guard depth < maximumDepth else { return nil }
        if let elements = JSONMembers.elements(of: text) {
            let found = elements.map { calls(inDocument: $0, offered: offered, depth: depth + 1) }
            guard !found.isEmpty, found.allSatisfy({ $0 != nil }) else { return nil }
            return found.flatMap { $0 ?? [] }
        }
        guard let members = JSONMembers.members(of: text) else { return nil }
        if let wrapped = members.first(where: { $0.name == "tool_calls" }) {
            return calls(inDocument: wrapped.value, offered: offered, depth: depth + 1)
        }
        return call(from: members, offered: offered).map { [$0] }
    }

    private static func call(
        from members: [(name: String, value: ArraySlice<UInt8>)],
        offered: Set<String>
    ) -> RescuedToolCall? {
        var all = members
        // `{"type": "function", "function": {"name": …, "arguments": …}}`
        if let function = members.first(where: { $0.name == "function" }),
            let inner = JSONMembers.members(of: function.value)
        {
            all = inner + members.filter { $0.name != "function" }
        }
        let names = nameKeys.lazy.compactMap { key in all.first { $0.name == key } }
        guard let name = names.compactMap({ JSONMembers.string($0.value) }).first(where: offered.contains) else {
            return nil
        }
        guard let given = argumentKeys.lazy.compactMap({ key in all.first { $0.name == key } }).first else {
            // Nothing but the name: a tool without parameters. More members are some other object.
            let isBare = all.allSatisfy { nameKeys.contains($0.name) || $0.name == "type" || $0.name == "id" }
            return isBare ? RescuedToolCall(name: name, arguments: "{}") : nil
        }
        return arguments(given.value).map { RescuedToolCall(name: name, arguments: $0) }
    }

    /// The text of the arguments' object, which may be written as a string; repaired where it is not valid.
    static func arguments(_ value: ArraySlice<UInt8>) -> String? {
        var text = Array(value.trimmingSpace())
        if text.isEmpty || text.elementsEqual("null".utf8) { return "{}" }
        if let inner = JSONMembers.string(text[...]) { text = Array(inner.utf8.trimmingSpace()) }
        if text.isEmpty { return "{}" }
        guard text.first == .openBrace, let object = JSONDocument.extract(from: text, truncated: false),
            object.first == .openBrace
        else { return nil }
        return String(decoding: object, as: UTF8.self)
    }
}
