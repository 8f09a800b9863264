/// One line read as a possible code fence, byte by byte.
///
/// A fence is three or more backticks or tildes after blanks; after backticks no other backtick may follow on the line.
struct FenceLine: Sendable {
    private(set) var mark: UInt8
    private(set) var count = 0
    /// Something other than blanks follows the marks.
    private(set) var hasInfo = false
    private var sawBlank = false
    private var isBroken = false

    init(mark: UInt8) {
        self.mark = mark
    }

    var isFence: Bool { count >= 3 && !isBroken }

    /// Takes a byte of the line; false once it can be no fence any more.
    mutating func append(_ byte: UInt8) -> Bool {
        if byte == mark, !hasInfo, !sawBlank {
            count += 1
        } else {
            if byte.isBlank || byte == .carriageReturn { sawBlank = true } else { hasInfo = true }
            if count < 3 || (mark == .backtick && byte == mark) { isBroken = true }
        }
        return !isBroken
    }
}
