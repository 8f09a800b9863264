/// Where a document stops being JSON, and why.
package struct JSONFault: Error, Sendable, Equatable {
    /// Bytes from the document's start.
    package let offset: Int
    package let reason: Reason

    package enum Reason: Sendable, Equatable {
        case expected(StaticString)
        case unexpectedEnd
        case tooDeep(limit: Int)
        case controlCharacter
        case badEscape
        case badNumber
        case badUTF8
        case trailingBytes

        package static func == (one: Reason, other: Reason) -> Bool { one.text == other.text }

        package var text: String {
            switch self {
            case .expected(let what): "expected \(what)"
            case .unexpectedEnd: "the document ends too early"
            case .tooDeep(let limit): "nested deeper than \(limit) levels"
            case .controlCharacter: "a control character in a string must be escaped"
            case .badEscape: "an escape that JSON does not know"
            case .badNumber: "a number that JSON does not know"
            case .badUTF8: "bytes that are not UTF-8"
            case .trailingBytes: "something follows the document"
            }
        }
    }

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }
}
