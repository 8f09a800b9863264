import Clients

/// Walks that build no arrays. The document was scanned as a whole when the request came in, so none of them can fail.
extension JSONView {
    func eachMember<Fault>(_ body: (JSONString, JSONView) throws(Fault) -> Void) throws(Fault) {
        guard isObject else { return }
        var scanner = JSONScanner(bytes)
        scanner.position = span.range.lowerBound
        guard (try? scanner.enterObject()) != nil else { return }
        var isFirst = true
        while let key = (try? scanner.nextKey(&isFirst)) ?? nil, let value = try? scanner.value() {
            try body(key, JSONView(bytes, value))
        }
    }

    func eachElement<Fault>(_ body: (JSONView) throws(Fault) -> Void) throws(Fault) {
        guard isArray else { return }
        var scanner = JSONScanner(bytes)
        scanner.position = span.range.lowerBound
        guard (try? scanner.enterArray()) != nil else { return }
        var isFirst = true
        while (try? scanner.nextElement(&isFirst)) == true, let value = try? scanner.value() {
            try body(JSONView(bytes, value))
        }
    }

    /// A string's content as it is written, without its quotes; `nil` for other kinds.
    var text: UnsafeRawBufferPointer? {
        span.text.map { UnsafeRawBufferPointer(rebasing: bytes[$0.range]) }
    }

    /// A string that holds something.
    var hasText: Bool { span.text.map { !$0.range.isEmpty } ?? false }
}
