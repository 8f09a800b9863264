extension SimulatedProvider {
    /// The shape of a stream's events.
    struct Streaming: Sendable {
        var pieces: Pieces = .words
        /// LF, CRLF or CR.
        var lineEnd = "\n"
        /// `data: {…}` or `data:{…}`; both are right.
        var spaceAfterColon = true
        /// Comments (pings) before the first event.
        var leadingComments: [String] = []
        /// A comment before each event.
        var commentBetween: String?
        /// Whether the first chunk has the role and no text.
        var startsWithRole = true
        /// Empty deltas between the role and the first text.
        var emptyDeltas = 0
        var usage: UsageSent = .whenAsked
        var sendsDone = true
        /// Whether a streamed tool call's first delta has its `id`, and each its `index`.
        var sendsToolCallIDs = true
        var sendsToolCallIndexes = true
        /// Answers a call for a stream with a whole answer.
        var answersWhole = false

        enum Pieces: Sendable {
            /// A word with the blanks that follow it.
            case words
            case characters(Int)
            case whole
        }

        enum UsageSent: Sendable {
            case whenAsked
            /// Asked or not, in the chunk that has the finish reason.
            case withFinish
            case never
        }
    }

    /// How the bytes are framed and cut.
    struct Delivery: Sendable {
        var whole: Framing = .contentLength
        var stream: Framing = .chunked
        /// Cuts the body into pieces of this many bytes, each an HTTP chunk where the framing is chunked: inside
        /// a character, inside an SSE field.
        var bodyBytesPerPiece: Int?
        /// Cuts what goes to the socket, head and chunk sizes too, into writes of this many bytes.
        var bytesPerWrite: Int?
        /// Between the pieces above, so that the reader sees each for itself.
        var betweenWrites: Duration = .zero
        /// Says `Connection: close` and closes after the answer.
        var closes = false
        /// Closes after the answer without a word: the reused connection of the next call is dead.
        var closesSilently = false
        var extraHeaders: [(name: String, value: String)] = []

        enum Framing: Sendable { case contentLength, chunked, closeDelimited }
    }

    /// What goes wrong with one call.
    enum Fault: Sendable {
        /// Nothing: takes its place in the queue so that the next fault meets a later call.
        case answerNormally
        /// Whatever `change` makes of the behaviour, for this call alone.
        case altered(@Sendable (inout Behavior) -> Void)
        case status(Int, body: String, headers: [(name: String, value: String)] = [])
        /// The status in the words and shape of the provider's own errors.
        case error(Int, ErrorStyle, message: String)
        /// 429 in a provider's own body; `retryAfter` is the header's text, in any of the forms in use. A body that
        /// names the wait too names the same seconds, or 17 where the header is no number.
        case rateLimited(ErrorStyle, retryAfter: String? = nil)
        case resetBeforeHead
        case closeBeforeHead
        case hangBeforeHead
        /// Sends the head and so many events, then nothing more. Where there are fewer events, half of the last one
        /// is withheld, so that the answer never ends whole.
        case stall(afterChunks: Int)
        /// As `stall`, then the connection is closed without the body's end.
        case cut(afterChunks: Int)
        /// As `stall`, then a TCP reset.
        case reset(afterChunks: Int)
        case emptyAnswer(finishReason: String? = "stop")
        /// An error event after so many chunks, and the stream's proper end.
        case errorFrameInStream(afterChunks: Int, body: String? = nil)
        /// Status 200, and the body is an error.
        case errorInBody200
        /// Status 200, and the body is a web page.
        case garbageBody
        /// Announces the body's length and sends half of it.
        case truncatedContentLength
        /// These bytes are the whole response, head included; then the connection is closed.
        case rawBytes([ByteChunk])
    }

    /// Bytes written in one go, and the wait before them.
    struct ByteChunk: Sendable {
        var bytes: [UInt8]
        var pause: Duration

        init(_ bytes: [UInt8], after pause: Duration = .zero) {
            self.bytes = bytes
            self.pause = pause
        }

        init(_ text: String, after pause: Duration = .zero) {
            self.init(Array(text.utf8), after: pause)
        }
    }
}
