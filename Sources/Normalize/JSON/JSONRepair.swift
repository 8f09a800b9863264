/// Takes the JSON out of fences and talk and repairs it.
///
/// Mended are unquoted and single-quoted names and strings, missing and trailing commas, comments, literals of Python
/// and JavaScript, missing or crossed brackets, unescaped quotes and line breaks, wrong escapes, ellipses, several
/// documents after one another, and an end that was cut off. A valid document is returned byte for byte. The time is
/// linear in the text, and nesting takes memory only.
package enum JSONRepair {
    /// The document in `text`; `nil` when nothing like JSON is there.
    package static func repair(_ text: String) -> String? {
        JSONDocument.extract(from: Array(text.utf8), truncated: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same on UTF-8.
    package static func repair(_ text: [UInt8]) -> [UInt8]? {
        JSONDocument.extract(from: text, truncated: false)
    }
}
