/// Says whether a text is one JSON document (RFC 8259).
package enum JSONValidator {
    package static func isValid(_ text: some Sequence<UInt8>) -> Bool {
        var machine = JSONMachine()
        for byte in text where !machine.passes(byte) {
            guard machine.take(byte) else { return false }
        }
        return machine.isComplete
    }

    package static func isValid(_ text: String) -> Bool {
        isValid(text.utf8)
    }
}
