/// A value of a JSON document in its place: read member by member, copied as it stands.
///
/// For documents whose shape is known and that become another one. The bytes must outlive it. Nothing is kept, so each
/// look into an object reads it again: small documents, or each member once.
package struct JSONView {
    package let bytes: UnsafeRawBufferPointer
    package let span: JSONValueSpan

    package init(_ bytes: UnsafeRawBufferPointer, _ span: JSONValueSpan) {
        self.bytes = bytes
        self.span = span
    }

    /// A whole document.
    package init(document bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(bytes)
        span = try scanner.value()
        try scanner.end()
        self.bytes = bytes
    }

    /// The value as it is written, quotes included.
    package var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[span.range]) }
    package var isNull: Bool { span.kind == .null }
    package var isObject: Bool { span.kind == .object }
    package var isArray: Bool { span.kind == .array }
    package var isString: Bool { span.isString }
    package var isTrue: Bool { span.kind == .true }
    package var string: String? { span.text.map { JSONText.string(bytes, $0) } }
    /// A whole number of at most 18 digits.
    package var integer: Int? { JSONKey.integer(bytes, span) }
    package var number: Double? { span.kind == .number ? Double(String(decoding: raw, as: UTF8.self)) : nil }

    /// Whether it is a string of these characters, none of them written as an escape.
    package func equals(_ text: StaticString) -> Bool {
        span.text.map { JSONKey.equals(bytes, $0, text) } ?? false
    }

    /// The member of that name; `nil` where there is none, it is `null`, or this is no object.
    package subscript(name: StaticString) -> JSONView? {
        guard let value = JSONKey.member(name, of: span, bytes), value.kind != .null else { return nil }
        return JSONView(bytes, value)
    }

    /// Members in order; none where this is no object.
    package var members: [(key: JSONString, value: JSONView)] {
        guard isObject else { return [] }
        var found: [(JSONString, JSONView)] = []
        var scanner = JSONScanner(bytes)
        scanner.position = span.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterObject()
            var isFirst = true
            while let key = try scanner.nextKey(&isFirst) { found.append((key, JSONView(bytes, try scanner.value()))) }
        } catch {
            assertionFailure("a view is made of what was scanned before: \(error)")
        }
        return found
    }

    /// Elements in order; none where this is no array.
    package var elements: [JSONView] {
        guard isArray else { return [] }
        var found: [JSONView] = []
        var scanner = JSONScanner(bytes)
        scanner.position = span.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) { found.append(JSONView(bytes, try scanner.value())) }
        } catch {
            assertionFailure("a view is made of what was scanned before: \(error)")
        }
        return found
    }

    package func isNamed(_ key: JSONString, _ name: StaticString) -> Bool { JSONKey.equals(bytes, key, name) }
}
