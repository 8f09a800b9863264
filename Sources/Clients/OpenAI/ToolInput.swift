/// The arguments of a tool call as an object: what is none becomes the empty one.
enum ToolInput {
    /// The object itself.
    static func write(_ arguments: JSONView?, into json: inout JSONBuilder) {
        guard let arguments else { return json.raw("{}") }
        if arguments.isObject { return json.copy(arguments) }
        guard let text = arguments.span.text else { return json.raw("{}") }
        JSONText.unescape(arguments.bytes, text)
            .withUnsafeBytes { bytes in
                if let object = object(bytes) { json.raw(object) } else { json.raw("{}") }
            }
    }

    /// The object as a string, as chat completions have it.
    static func writeText(_ arguments: JSONView?, into json: inout JSONBuilder) {
        guard let arguments else { return json.string("{}") }
        if arguments.isObject { return json.string(String(decoding: arguments.raw, as: UTF8.self)) }
        guard let text = arguments.span.text else { return json.string("{}") }
        let isObject = JSONText.unescape(arguments.bytes, text).withUnsafeBytes { object($0) != nil }
        if isObject { json.copy(arguments) } else { json.string("{}") }
    }

    private static func object(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var scanner = JSONScanner(bytes)
        do throws(JSONFault) {
            let value = try scanner.value()
            try scanner.end()
            return value.kind == .object ? UnsafeRawBufferPointer(rebasing: bytes[value.range]) : nil
        } catch {
            return nil
        }
    }
}
