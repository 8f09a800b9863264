/// Where and why a document is not what its schema says: `$.items[2].price: expected number, got string`.
///
/// It names types and members only, never what the document says.
package struct SchemaFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// From the document's root: `$.items[2].price`.
    package let path: String
    package let reason: String
    /// How many steps from the root.
    let depth: Int

    package var description: String { "\(path): \(reason)" }

    init(_ steps: [Step], _ reason: String) {
        path = Self.path(steps)
        self.reason = reason
        depth = steps.count
    }

    /// One step from a container to what is in it.
    enum Step: Equatable, Sendable {
        case member(ArraySlice<UInt8>)
        case element(Int)
    }

    private static let maximumName = 40
    private static let maximumSteps = 12

    private static func path(_ steps: [Step]) -> String {
        let shown = steps.prefix(maximumSteps).map(text)
        return "$" + shown.joined() + (steps.count > maximumSteps ? "…" : "")
    }

    private static func text(_ step: Step) -> String {
        switch step {
        case .element(let index): "[\(index)]"
        case .member(let name):
            !name.isEmpty && name.allSatisfy(\.isWord) && name.count <= maximumName
                ? ".\(String(decoding: name, as: UTF8.self))" : "[\(quoted(name))]"
        }
    }

    /// A member's name in quotes, short and on one line.
    static func quoted(_ name: ArraySlice<UInt8>) -> String {
        let characters = String(decoding: name, as: UTF8.self)
            .map { $0.isNewline || $0 == "\"" || $0.asciiValue.map { $0 < 0x20 } ?? false ? " " : $0 }
        return "\"" + String(characters.prefix(maximumName)) + (characters.count > maximumName ? "…" : "") + "\""
    }
}
