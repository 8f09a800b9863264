package import NIOCore

/// Writes a JSON document member by member and puts the commas.
///
///     json.object {
///         $0.member("model", model)
///         $0.member("messages") { $0.array { … } }
///     }
package struct JSONBuilder {
    package private(set) var buffer: ByteBuffer
    private var needsComma = false

    /// Writes behind what `buffer` holds.
    package init(_ buffer: ByteBuffer = ByteBuffer()) { self.buffer = buffer }

    /// Writes behind what `buffer` holds, in place.
    package static func write(into buffer: inout ByteBuffer, _ body: (inout JSONBuilder) -> Void) {
        var json = JSONBuilder(buffer)
        // Nobody else holds it while it grows.
        buffer = ByteBuffer()
        body(&json)
        buffer = json.buffer
    }

    // MARK: Values

    package mutating func object(_ body: (inout JSONBuilder) -> Void) { enclosed("{", "}", body) }

    /// Goes on in an object whose beginning, with a member at least, is in the buffer already.
    package mutating func continueObject() { needsComma = true }

    package mutating func array(_ body: (inout JSONBuilder) -> Void) { enclosed("[", "]", body) }

    package mutating func string(_ text: String) { self.text { JSONText.escape(text.utf8, into: &$0) } }

    /// A string whose content, escaped, is what `write` writes.
    package mutating func text(_ write: (inout ByteBuffer) -> Void) {
        begin()
        buffer.write("\"")
        write(&buffer)
        buffer.write("\"")
    }

    /// A string of pieces that are escaped already.
    package mutating func escapedString(_ pieces: [UnsafeRawBufferPointer]) {
        text { for piece in pieces { $0.writeBytes(piece) } }
    }

    package mutating func integer(_ number: Int) {
        begin()
        buffer.writeString(String(number))
    }

    /// JSON text.
    package mutating func raw(_ text: String) {
        begin()
        buffer.writeString(text)
    }

    package mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        begin()
        buffer.writeBytes(bytes)
    }

    /// A value of another document as it is written there.
    package mutating func copy(_ value: JSONView) { raw(value.raw) }

    // MARK: Members

    package mutating func member(_ name: StaticString, _ write: (inout JSONBuilder) -> Void) {
        key(name)
        write(&self)
    }

    package mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    package mutating func member(_ name: StaticString, _ number: Int) {
        key(name)
        integer(number)
    }

    package mutating func member(_ name: StaticString, _ flag: Bool) {
        key(name)
        raw(flag ? "true" : "false")
    }

    /// `null` where there is no text.
    package mutating func member(_ name: StaticString, orNull text: String?) {
        key(name)
        if let text { string(text) } else { raw("null") }
    }

    package mutating func member(_ name: StaticString, raw text: String) {
        key(name)
        raw(text)
    }

    /// A string whose content is in its escaped form already.
    package mutating func member(_ name: StaticString, escaped content: [UInt8]) {
        key(name)
        content.withUnsafeBytes { escapedString([$0]) }
    }

    /// The value of another document; nothing where there is none.
    package mutating func member(_ name: StaticString, copying value: JSONView?) {
        guard let value else { return }
        key(name)
        copy(value)
    }

    /// A member of another document, key and value, as it is written there.
    package mutating func member(_ key: JSONString, copying value: JSONView) {
        self.key(key, of: value)
        copy(value)
    }

    /// A member whose key is that of another document's.
    package mutating func member(
        _ key: JSONString,
        of document: JSONView,
        _ write: (inout JSONBuilder) -> Void
    ) {
        self.key(key, of: document)
        write(&self)
    }

    package mutating func key(_ name: StaticString) {
        begin()
        buffer.write("\"")
        buffer.write(name)
        buffer.write("\":")
        needsComma = false
    }

    /// A key of another document as it is written there; `value` is of the same document.
    package mutating func key(_ key: JSONString, of value: JSONView) {
        begin()
        buffer.write("\"")
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: value.bytes[key.range]))
        buffer.write("\":")
        needsComma = false
    }

    private mutating func begin() {
        if needsComma { buffer.write(",") }
        needsComma = true
    }

    private mutating func enclosed(_ open: StaticString, _ close: StaticString, _ body: (inout JSONBuilder) -> Void) {
        begin()
        buffer.write(open)
        needsComma = false
        body(&self)
        buffer.write(close)
        needsComma = true
    }
}
