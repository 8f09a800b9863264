import Clients
import NIOCore

/// Makes the messages of a chat completion out of a response's input items.
///
/// Calls that follow each other, and the assistant's text before them, are one message; what the tools said comes right
/// behind it, wherever it stood. Instructions and the system's words at the beginning are one system message: many
/// models' templates take no second one.
struct ResponsesConversation {
    private let items: [ResponsesItem]
    /// What tools said, by call; ids may come again in a later turn, so each call takes the next one.
    private var outputs: [String: [ResponsesItem.Output]] = [:]
    private var taken: [String: Int] = [:]
    private var messages = ByteBuffer()
    private var isEmpty = true
    /// The assistant's turn that is being put together.
    private var turn = Turn()

    private struct Turn {
        /// A string or an array of parts, as JSON text.
        var content: ByteBuffer?
        var calls: [ResponsesItem.Call] = []

        var isEmpty: Bool { content == nil && calls.isEmpty }
    }

    init(_ items: [ResponsesItem]) { self.items = items }

    /// An array. Every call needs an output and every output a call.
    mutating func messages(instructions: JSONView?) throws(RequestFault) -> ByteBuffer {
        try pair()
        messages.reserveCapacity(2048)
        messages.write("[")
        let start = try writeSystem(instructions)
        for item in items[start...] {
            switch item {
            case .leftOut: break
            case .call(let call): turn.calls.append(call)
            // It is written behind its call.
            case .output: try endTurn()
            case .message(let message): try add(message)
            }
        }
        try endTurn()
        guard !isEmpty else {
            throw .invalid(param: "input", message: "Invalid 'input': it holds no message. Expected at least one.")
        }
        messages.write("]")
        return messages
    }

    private mutating func pair() throws(RequestFault) {
        var calls: [String: Int] = [:]
        for item in items {
            if case .call(let call) = item { calls[call.key, default: 0] += 1 }
            if case .output(let output) = item { outputs[output.key, default: []].append(output) }
        }
        for item in items {
            switch item {
            case .call(let call) where outputs[call.key, default: []].count < calls[call.key, default: 0]:
                throw .invalid(param: "input", message: "No tool output found for function call \(call.key).")
            case .output(let output) where calls[output.key] == nil:
                throw .invalid(
                    param: "input",
                    message: "No tool call found for function call output with call_id \(output.key)."
                )
            default: break
            }
        }
    }

    // MARK: Messages

    /// Where the items begin that it has not taken.
    private mutating func writeSystem(_ instructions: JSONView?) throws(RequestFault) -> Int {
        var texts: [ByteBuffer] = []
        if let instructions {
            if instructions.isArray {
                // Items, as `input` has them.
                for (place, element) in instructions.elements.enumerated() {
                    guard case .message(let message) = try ResponsesItem(element, param: "instructions[\(place)]")
                    else {
                        continue
                    }
                    texts += try ResponsesContent.texts(of: message)
                }
            } else {
                _ = try instructions.checked(.string, "instructions")
                texts.append(ResponsesContent.inner(instructions))
            }
        }
        var start = 0
        while start < items.count, case .message(let message) = items[start], message.role == .system {
            texts += try ResponsesContent.texts(of: message)
            start += 1
        }
        texts.removeAll { $0.readableBytes == 0 }
        guard !texts.isEmpty else { return start }
        begin(#"{"role":"system","content":""#)
        for (place, text) in texts.enumerated() {
            if place > 0 { messages.write("\\n\\n") }
            messages.writeImmutableBuffer(text)
        }
        messages.write("\"}")
        return start
    }

    private mutating func add(_ message: ResponsesItem.Message) throws(RequestFault) {
        if message.role == .assistant {
            if !turn.isEmpty { try endTurn() }
            var content = ByteBuffer()
            try ResponsesContent.write(message, into: &content)
            turn.content = content
            return
        }
        try endTurn()
        begin(message.role == .user ? #"{"role":"user","content":"# : #"{"role":"system","content":"#)
        try ResponsesContent.write(message, into: &messages)
        messages.write("}")
    }

    /// Writes the assistant's message, and behind it what its calls came to.
    private mutating func endTurn() throws(RequestFault) {
        guard !turn.isEmpty else { return }
        let turn = turn
        self.turn = Turn()
        begin(#"{"role":"assistant","content":"#)
        messages.writeImmutableBuffer(turn.content ?? ByteBuffer(staticString: "null"))
        for (place, call) in turn.calls.enumerated() {
            messages.write(place == 0 ? ",\"tool_calls\":[{\"id\":" : ",{\"id\":")
            messages.writeBytes(call.id.raw)
            messages.write(",\"type\":\"function\",\"function\":{\"name\":")
            messages.writeString(call.name)
            messages.write(",\"arguments\":")
            messages.writeImmutableBuffer(call.arguments)
            messages.write("}}")
        }
        messages.write(turn.calls.isEmpty ? "}" : "]}")
        var images = ByteBuffer()
        for call in turn.calls { try writeOutput(of: call, images: &images) }
        guard images.readableBytes > 0 else { return }
        // A tool's message takes text alone: what it showed follows as the user's.
        begin(#"{"role":"user","content":["#)
        messages.writeImmutableBuffer(images)
        messages.write("]}")
    }

    private mutating func writeOutput(of call: ResponsesItem.Call, images: inout ByteBuffer) throws(RequestFault) {
        let place = taken[call.key, default: 0]
        taken[call.key] = place + 1
        guard let all = outputs[call.key], all.indices.contains(place) else { return }
        begin(#"{"role":"tool","tool_call_id":"#)
        messages.writeBytes(call.id.raw)
        messages.write(",\"content\":\"")
        try ResponsesContent.write(output: all[place], into: &messages, images: &images)
        messages.write("\"}")
    }

    private mutating func begin(_ opening: StaticString) {
        if !isEmpty { messages.write(",") }
        isEmpty = false
        messages.write(opening)
    }
}
