/// One kind of opener: what it says, how it ends and what has to follow for it to carry nothing.
struct Opener: Sendable {
    /// What stands between the phrase and the opener's end.
    enum Tail: Sendable {
        /// Nothing: the end follows the phrase at once.
        case none
        /// The rest of a sentence, free of any of `OpenerWords.vetoes`.
        case sentence
        /// The rest of a sentence that ends in one of these words.
        case sentenceEnding(in: Set<String>)
    }

    /// What has to come after the opener and the blanks behind it.
    enum Follow: Sendable {
        /// Any content, on this line or a later one.
        case content
        /// Content on the same line that does not begin with one of these.
        case sameLine(except: Phrase?)
        /// Words that begin a sentence of the answer itself.
        case words(Phrase)
        /// A new line.
        case newLine
    }

    let phrase: Phrase
    let tail: Tail
    /// The punctuation that ends the opener, longest first where one begins with another.
    let ends: [[UInt8]]
    let follow: Follow
    /// In languages without spaces none has to follow the end.
    let needsSpace: Bool

    init(_ phrase: String, tail: Tail = .none, ends: [String], follow: Follow, needsSpace: Bool = true) {
        self.phrase = Phrase(phrase)
        self.tail = tail
        self.ends = ends.map { Array($0.utf8) }
        self.follow = follow
        self.needsSpace = needsSpace
    }
}
