/// The first bytes of all openers as one tree: most answers leave it within a word, and are settled without a look at
/// any rule.
///
/// It errs on the side of the openers (capital letters count as small ones), so that to leave it is final.
struct OpenerTrie: Sendable {
    enum Progress {
        /// No opener begins like this.
        case none
        /// The text ended while openers agree with it.
        case undecided
        /// Enough agrees that the rule itself has to look.
        case asksRule
    }

    private struct Node {
        var byte: UInt8
        var firstChild: Int32 = 0
        var nextSibling: Int32 = 0
        /// A phrase is complete here, or goes deeper than the tree does.
        var asksRule = false
    }

    static let all = OpenerTrie(Opener.english + Opener.otherLanguages)

    /// Deep enough to tell "I'd be happy" from "I'd be late".
    private static let depth = 12

    /// The root first; it is nobody's child, so that 0 stands for none.
    private var nodes = [Node(byte: 0)]
    private var roots = [Int32](repeating: 0, count: 256)

    init(_ openers: [Opener]) {
        for opener in openers {
            for start in opener.phrase.starts(upTo: Self.depth) { insert(start) }
        }
        var child = nodes[0].firstChild
        while child != 0 {
            roots[Int(nodes[Int(child)].byte)] = child
            child = nodes[Int(child)].nextSibling
        }
    }

    /// What `text`, the answer's start without its leading whitespace, is or may become.
    func progress(in text: UnsafeRawBufferPointer) -> Progress {
        guard let first = text.first else { return .undecided }
        var node = roots[Int(first.lowercased)]
        var index = 1
        while node != 0 {
            if nodes[Int(node)].asksRule { return .asksRule }
            guard index < text.count else { return .undecided }
            node = child(text[index].lowercased, of: node)
            index += 1
        }
        return .none
    }

    private func child(_ byte: UInt8, of node: Int32) -> Int32 {
        var child = nodes[Int(node)].firstChild
        while child != 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].nextSibling }
        return child
    }

    private mutating func insert(_ start: [UInt8]) {
        var node: Int32 = 0
        for byte in start {
            var next = child(byte.lowercased, of: node)
            if next == 0 {
                next = Int32(nodes.count)
                nodes.append(Node(byte: byte.lowercased, nextSibling: nodes[Int(node)].firstChild))
                nodes[Int(node)].firstChild = next
            }
            node = next
        }
        nodes[Int(node)].asksRule = true
    }
}
