/// The least that is taken from a message: a sentence, a line of output, a piece of a long line.
struct Passage: Equatable {
    /// Index of the message in the history.
    var message: Int32
    /// Bytes in the transcript.
    var start: Int32
    var end: Int32
    /// Its terms, in `HistoryIndex.terms`.
    var firstTerm: Int32 = 0
    var endTerm: Int32 = 0
    /// Tokens when taken as it is.
    var cost: Float = 0
    /// Tokens when restorable words are left out.
    var briefCost: Float = 0
    var kind: Kind
    /// Begins a line of its message.
    var beginsLine: Bool
    var isQuestion = false
    var hasNumber = false
    /// Of its grammatical words, together.
    var traits: FunctionWords.Traits = []
    /// Words with a capital that do not begin the passage.
    var names: Int32 = 0
    /// Words, without the grammatical ones.
    var contentWords: Int32 = 0

    enum Kind: UInt8 {
        case prose
        /// A line of code, output or data; never shortened within.
        case line
        /// The name and arguments of a tool call.
        case call
        /// A short first line with a date or time, which the messages after it share.
        case header
    }

    var range: Range<Int> { Int(start)..<Int(end) }
    var terms: Range<Int> { Int(firstTerm)..<Int(endTerm) }
}
