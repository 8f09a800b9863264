/// How a message is written into the transcript that is searched.
extension Message {
    /// Output and data rather than something said.
    var isData: Bool { role == .tool || !resultOf.isEmpty }

    /// The calls, one behind the other: name and arguments, with a line end after each.
    func appendCalls(to bytes: inout [UInt8]) {
        for call in calls {
            bytes.append(contentsOf: call.name.utf8)
            bytes.append(0x20)
            Self.appendUnescaped(call.arguments, to: &bytes)
            bytes.append(0x0A)
        }
    }

    /// JSON text with its escaped line ends as line ends, so that code in arguments is cut into lines.
    private static func appendUnescaped(_ json: String, to bytes: inout [UInt8]) {
        var escaped = false
        for byte in json.utf8 {
            if escaped {
                escaped = false
                if byte == UInt8(ascii: "n") {
                    bytes.append(0x0A)
                } else {
                    if byte != UInt8(ascii: "\"") { bytes.append(UInt8(ascii: "\\")) }
                    bytes.append(byte)
                }
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else {
                bytes.append(byte)
            }
        }
    }
}
