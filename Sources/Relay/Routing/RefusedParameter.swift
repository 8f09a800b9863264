/// Which member of a request a provider will not take, in the words of its 400 or 422.
enum RefusedParameter {
    /// Names as the provider has them, the plainest first; empty where the refusal is about something else. A name says
    /// nothing by itself: it counts where the request has such a member.
    static func names(in text: ErrorText) -> [String] {
        // A value that is wrong is the request's fault, unless every value but the usual one is.
        let isOfValue = text.contains(anyOf: ["unsupported_value", "unsupported value"])
        guard !isOfValue || text.contains("only the default") else { return [] }
        var names = namedByCode(text.fields) + namedByLocation(text.fields)
        for phrase in before { names += text.names(after: phrase) }
        for phrase in behind { names += text.names(before: phrase) }
        // Groq: `'messages.2' : for 'role:assistant' … property 'x' is unsupported`.
        if text.contains("'messages.") { names = names.map { $0.contains(".") ? $0 : "messages.0." + $0 } }
        var seen: Set<String> = []
        return Array(names.filter { seen.insert($0).inserted }.prefix(8))
    }

    /// Goes before the name: `Unrecognized request argument supplied: top_k`.
    private static let before = [
        "unrecognized request argument supplied: ", "unrecognized request arguments supplied: ",
        "unsupported parameter: ", "unsupported parameter(s): ", "unsupported parameters: ", "unknown parameter: ",
        "unsupported value: ", "unknown name ", "unexpected keyword argument ", "unknown field ",
        "unrecognized field ", "unrecognized parameter: ", "argument not supported on this model: ",
    ]
    /// Goes behind it: `property 'top_k' is unsupported`, `top_k: Extra inputs are not permitted`.
    private static let behind = [
        ": extra inputs are not permitted", " is unsupported", " is not supported", " is deprecated for this model",
        " is not a valid field", " does not support", " cannot both be specified", " is not allowed",
        " is not permitted",
    ]
    private static let codes: Set<String> = [
        "unsupported_parameter", "unknown_parameter", "unsupported_value", "unrecognized_parameter",
    ]

    /// OpenAI's `param` beside its `code`.
    private static func namedByCode(_ fields: ErrorFields) -> [String] {
        guard let code = fields.first(["error.code", "code"]), codes.contains(code) else { return [] }
        return fields.first(["error.param", "param"]).map { [$0] } ?? []
    }

    /// Pydantic's `{"type":"extra_forbidden","loc":["body","top_k"]}`, as `top_k`; deeper places with dots.
    private static func namedByLocation(_ fields: ErrorFields) -> [String] {
        fields.all.filter { $0.value == "extra_forbidden" && $0.path.hasSuffix(".type") }
            .compactMap { field in
                let start = field.path.dropLast("type".count) + "loc."
                let steps = fields.all.filter { $0.path.hasPrefix(start) }.map(\.value)
                let path = steps.first == "body" ? Array(steps.dropFirst()) : steps
                return path.isEmpty ? nil : path.joined(separator: ".")
            }
    }
}

extension ErrorText {
    /// Names in whatever quotes right after each place of a phrase.
    fileprivate func names(after phrase: String) -> [String] {
        places(of: phrase)
            .compactMap { place in
                let rest = lowered[(place + phrase.utf8.count)...].drop(while: Self.isQuote)
                let name = rest.prefix(while: Self.isNameByte)
                // Google: `Unknown name "x" at 'tools[0]'` is about another's member.
                let tail = rest.dropFirst(name.count).prefix(5)
                guard !name.isEmpty, !tail.elementsEqual("\" at ".utf8), !tail.elementsEqual("' at ".utf8) else {
                    return nil
                }
                return Self.text(name)
            }
    }

    /// Names in whatever quotes right before each place of a phrase.
    fileprivate func names(before phrase: String) -> [String] {
        places(of: phrase)
            .compactMap { place in
                // `is not allowed to be empty`, `is not supported when …` speak of a value, or of this call alone.
                let tail = lowered[(place + phrase.utf8.count)...]
                guard !Self.conditions.contains(where: { tail.starts(with: $0.utf8) }) else { return nil }
                let name = lowered[..<place].reversed().drop(while: Self.isQuote).prefix(while: Self.isNameByte)
                return name.isEmpty ? nil : Self.text(name.reversed())
            }
    }

    private static let conditions = [" to be", " when ", " if ", " while ", " unless ", " for value"]

    private func places(of phrase: String) -> [Int] {
        var places: [Int] = []
        var start = 0
        while places.count < 4, let found = firstIndex(of: phrase, from: start) {
            places.append(found)
            start = found + phrase.utf8.count
        }
        return places
    }

    private static func text(_ name: some Sequence<UInt8>) -> String {
        let text = String(decoding: Array(name), as: UTF8.self)
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    private static func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
