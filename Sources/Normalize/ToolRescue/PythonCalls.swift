/// Tool calls written as Python: `[get_weather(city="Rome", days=3), search(q='a')]` (Llama), `search.call(q="a")`.
enum PythonCalls {
    /// The calls in a text that is nothing but them.
    static func calls(in text: ArraySlice<UInt8>, offered: Set<String>) -> [RescuedToolCall]? {
        var body = text.trimmingSpace()
        if body.first == .openBracket, body.last == .closeBracket { body = body.dropFirst().dropLast() }
        guard let parts = split(body) else { return nil }
        var calls: [RescuedToolCall] = []
        for part in parts {
            guard let call = call(part.trimmingSpace(), offered) else { return nil }
            calls.append(call)
        }
        return calls.isEmpty ? nil : calls
    }

    /// What an answer that begins with a bracket is or may become: whether an offered tool's name and a parenthesis
    /// stand behind that; `nil` while that is open.
    static func begins(_ text: ArraySlice<UInt8>, offered: Set<String>) -> Bool? {
        guard text.first == .openBracket else { return false }
        let rest = text.dropFirst().drop { $0.isSpace }
        let name = rest.prefix { isNameByte($0) }
        guard name.endIndex < rest.endIndex else {
            return name.isEmpty || offered.contains { $0.utf8.starts(with: name) } ? nil : false
        }
        return rest[name.endIndex] == 0x28 && offered.contains(String(decoding: name, as: UTF8.self))
    }

    private static func call(_ text: ArraySlice<UInt8>, _ offered: Set<String>) -> RescuedToolCall? {
        guard let open = text.firstIndex(of: 0x28), text.last == 0x29 else { return nil }
        var name = String(decoding: text[..<open], as: UTF8.self)
        if !offered.contains(name), name.hasSuffix(".call") { name.removeLast(".call".count) }
        guard offered.contains(name), let parts = split(text[(open + 1)...].dropLast()) else { return nil }
        var arguments: [UInt8] = [.openBrace]
        for part in parts {
            let argument = part.trimmingSpace()
            guard let equals = argument.firstIndex(of: 0x3D),
                argument[..<equals].allSatisfy({ isNameByte($0) || $0.isSpace }),
                let value = value(argument[(equals + 1)...].trimmingSpace())
            else { return nil }
            if arguments.count > 1 { arguments += [.comma, .space] }
            arguments.append(.doubleQuote)
            arguments += argument[..<equals].trimmingSpace()
            arguments += [.doubleQuote, .colon, .space]
            arguments += value
        }
        arguments.append(.closeBrace)
        return JSONValidator.isValid(arguments)
            ? RescuedToolCall(name: name, arguments: String(decoding: arguments, as: UTF8.self)) : nil
    }

    /// A Python literal as JSON.
    private static func value(_ literal: ArraySlice<UInt8>) -> [UInt8]? {
        guard !literal.isEmpty else { return nil }
        if JSONValidator.isValid(literal) { return Array(literal) }
        var repairer = JSONRepairer(literal, truncated: false)
        repairer.run()
        return JSONValidator.isValid(repairer.output) ? repairer.output : nil
    }

    /// The parts between the commas outside quotes and brackets; `nil` when those do not close.
    private static func split(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var parts: [ArraySlice<UInt8>] = []
        var depth = 0
        var start = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case .doubleQuote, .singleQuote:
                let quote = text[index]
                index += 1
                while index < text.endIndex, text[index] != quote { index += text[index] == .backslash ? 2 : 1 }
                guard index < text.endIndex else { return nil }
            case 0x28, .openBracket, .openBrace: depth += 1
            case 0x29, .closeBracket, .closeBrace: depth -= 1
            case .comma where depth == 0:
                parts.append(text[start..<index])
                start = index + 1
            default: break
            }
            guard depth >= 0 else { return nil }
            index += 1
        }
        guard depth == 0 else { return nil }
        let last = text[start...]
        return last.allSatisfy(\.isSpace) ? parts : parts + [last]
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { byte.isWord || byte == 0x2D || byte == .dot }
}
