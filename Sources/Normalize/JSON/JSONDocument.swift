/// Finds the document in an answer: the answer itself, a code block in it, or what stands between talk.
enum JSONDocument {
    /// The document, valid; `nil` when nothing like JSON is there.
    static func extract(from text: [UInt8], truncated: Bool) -> [UInt8]? {
        let whole = text.trimmingSpace()
        if JSONValidator.isValid(whole) { return Array(whole) }
        if let unescaped = JSONUnescape.unescape(whole) { return extract(from: unescaped, truncated: truncated) }
        let finder = JSONFinder(text: text, truncated: truncated)
        let found = finder.documents(from: whole.startIndex)
        let result = found.isEmpty ? finder.list(whole) : join(found)
        return result.flatMap { JSONValidator.isValid($0) ? $0 : nil }
    }

    /// The object or array that was written as a JSON string: `"{\\"a\\": 1}"`.
    static func unwrap(_ text: [UInt8]) -> [UInt8]? {
        let whole = text.trimmingSpace()
        guard whole.first == .doubleQuote, JSONValidator.isValid(whole), let inner = JSONMembers.string(whole) else {
            return nil
        }
        let document = Array(inner.utf8).trimmingSpace()
        guard document.first == .openBrace || document.first == .openBracket else { return nil }
        if JSONValidator.isValid(document) { return Array(document) }
        // Broken in there: with members, and from bracket to bracket, it was still meant as one.
        guard document.contains(.colon), document.contains(.doubleQuote) || document.contains(.singleQuote),
            document.last == .closeBrace || document.last == .closeBracket
        else { return nil }
        return extract(from: Array(document), truncated: false)
    }

    /// Several documents are an array; empty ones among them say nothing.
    private static func join(_ documents: [[UInt8]]) -> [UInt8] {
        let solid = documents.filter { $0.count > 2 }
        if solid.count == 1 { return solid[0] }
        guard solid.count > 1 else { return documents[0] }
        var joined: [UInt8] = [.openBracket]
        for (index, document) in solid.enumerated() {
            if index > 0 { joined += [.comma, .space] }
            joined += document
        }
        return joined + [.closeBracket]
    }
}
