/// A strict reader of one JSON document (RFC 8259), one byte at a time, without recursion.
struct JSONMachine: Sendable {
    enum State: UInt8, Sendable {
        /// Before a value, and before one where `]` may stand instead.
        case value, firstElement
        /// Before a member's name, and before one where `}` may stand instead.
        case name, firstName
        case colon
        /// After a value inside a container.
        case afterValue
        case string, nameString
        case literal
        case minus, zero, integer, point, fraction, exponent, exponentSign, exponentDigits
        case done
    }

    private(set) var state: State = .value
    /// The open containers from the outside in; true for an object.
    private(set) var stack: [Bool]
    /// Inside an escape: how many bytes of it are still to come; the first is the letter.
    private(set) var escape = 0
    private var literal: StaticString = "true"
    private var literalIndex = 0

    init(state: State = .value, stack: [Bool] = []) {
        self.state = state
        self.stack = stack
    }

    var isDone: Bool { state == .done }
    var isInString: Bool { state == .string }

    /// A document may end here: it is complete, or is a number that can be.
    var isComplete: Bool { state == .done || (stack.isEmpty && endsNumber) }

    private var endsNumber: Bool {
        switch state {
        case .zero, .integer, .fraction, .exponentDigits: true
        default: false
        }
    }

    /// Takes the next byte; false when no JSON document goes on like this.
    mutating func take(_ byte: UInt8) -> Bool {
        switch state {
        case .string, .nameString: takeInString(byte)
        case .literal: takeInLiteral(byte)
        case .minus, .zero, .integer, .point, .fraction, .exponent, .exponentSign, .exponentDigits: takeInNumber(byte)
        default: byte.isSpace || takeBetween(byte)
        }
    }

    /// Whether a string goes on with this byte whatever came before: most of a document is such bytes.
    func passes(_ byte: UInt8) -> Bool {
        (state == .string || state == .nameString) && escape == 0 && byte >= 0x20 && byte != .doubleQuote
            && byte != .backslash
    }

    private mutating func takeBetween(_ byte: UInt8) -> Bool {
        switch state {
        case .firstElement where byte == .closeBracket: close(object: false)
        case .value, .firstElement: beginValue(byte)
        case .firstName where byte == .closeBrace: close(object: true)
        case .name, .firstName: enter(.nameString, if: byte == .doubleQuote)
        case .colon: enter(.value, if: byte == .colon)
        case .afterValue:
            switch byte {
            case .comma: enter(stack.last == true ? .name : .value, if: true)
            case .closeBrace: close(object: true)
            case .closeBracket: close(object: false)
            default: false
            }
        default: false
        }
    }

    private mutating func enter(_ next: State, if isAllowed: Bool) -> Bool {
        if isAllowed { state = next }
        return isAllowed
    }

    private mutating func beginValue(_ byte: UInt8) -> Bool {
        switch byte {
        case .openBrace:
            stack.append(true)
            state = .firstName
        case .openBracket:
            stack.append(false)
            state = .firstElement
        case .doubleQuote: state = .string
        case 0x2D: state = .minus
        case 0x30: state = .zero
        case 0x31...0x39: state = .integer
        case 0x74: begin("true")
        case 0x66: begin("false")
        case 0x6E: begin("null")
        default: return false
        }
        return true
    }

    private mutating func begin(_ word: StaticString) {
        literal = word
        literalIndex = 1
        state = .literal
    }

    private mutating func takeInLiteral(_ byte: UInt8) -> Bool {
        guard literal.utf8Start[literalIndex] == byte else { return false }
        literalIndex += 1
        if literalIndex == literal.utf8CodeUnitCount { endValue() }
        return true
    }

    private mutating func takeInString(_ byte: UInt8) -> Bool {
        if escape > 0 { return takeInEscape(byte) }
        if byte == .doubleQuote {
            if state == .nameString { state = .colon } else { endValue() }
        } else if byte == .backslash {
            escape = 5
        }
        return byte >= 0x20
    }

    private mutating func takeInEscape(_ byte: UInt8) -> Bool {
        guard escape == 5 else {
            escape -= 1
            return byte.isHexDigit
        }
        switch byte {
        case 0x75: escape = 4
        case .doubleQuote, .backslash, .slash, 0x62, 0x66, 0x6E, 0x72, 0x74: escape = 0
        default: return false
        }
        return true
    }

    private mutating func takeInNumber(_ byte: UInt8) -> Bool {
        switch (state, byte) {
        case (.minus, 0x30): state = .zero
        case (.minus, 0x31...0x39), (.integer, 0x30...0x39): state = .integer
        case (.zero, .dot), (.integer, .dot): state = .point
        case (.point, 0x30...0x39), (.fraction, 0x30...0x39): state = .fraction
        case (.zero, 0x45), (.zero, 0x65), (.integer, 0x45), (.integer, 0x65), (.fraction, 0x45), (.fraction, 0x65):
            state = .exponent
        case (.exponent, 0x2B), (.exponent, 0x2D): state = .exponentSign
        case (.exponent, 0x30...0x39), (.exponentSign, 0x30...0x39), (.exponentDigits, 0x30...0x39):
            state = .exponentDigits
        default:
            guard endsNumber else { return false }
            endValue()
            return byte.isSpace || takeBetween(byte)
        }
        return true
    }

    private mutating func close(object: Bool) -> Bool {
        guard stack.last == object else { return false }
        stack.removeLast()
        endValue()
        return true
    }

    private mutating func endValue() {
        state = stack.isEmpty ? .done : .afterValue
    }
}
