import Clients
import NIOCore

/// A tool call on its way, as the kind of item that its tool is called by: `function_call`, `custom_tool_call` or
/// `local_shell_call`.
struct ResponseCall {
    /// Among the chat completion's calls.
    let index: Int
    let place: Int
    private let kind: ResponsesTools.Kind
    private let id: String
    /// A JSON string.
    private let callID: ByteBuffer
    private let itemPlace: ByteBuffer
    /// As they are written in a JSON string.
    private var arguments = ByteBuffer()
    private var input = FreeformInput()

    init(index: Int, place: Int, kind: ResponsesTools.Kind, callID: ByteBuffer, base: String) {
        self.index = index
        self.place = place
        self.kind = kind
        self.callID = callID
        let prefix =
            switch kind {
            case .function: "fc"
            case .custom: "ctc"
            case .localShell: "lsh"
            }
        id = ResponseID.output(prefix, base, place)
        itemPlace = .place(id: id, output: place)
    }

    func begin(_ events: inout ResponseEvents, into out: inout ByteBuffer) {
        events.write(
            "response.output_item.added",
            item: item("in_progress", text: ByteBuffer()),
            place: place,
            into: &out
        )
    }

    /// A piece of the arguments, as it is written in a JSON string.
    mutating func append(
        _ piece: JSONString,
        of bytes: UnsafeRawBufferPointer,
        _ events: inout ResponseEvents,
        into out: inout ByteBuffer
    ) {
        guard !piece.range.isEmpty else { return }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[piece.range])
        switch kind {
        case .function:
            arguments.writeBytes(raw)
            events.write("response.function_call_arguments.delta", delta: raw, at: itemPlace, into: &out)
        case .custom:
            var delta = ByteBuffer()
            input.append(JSONText.unescape(bytes, piece), into: &delta)
            write(inputDelta: delta, &events, into: &out)
        case .localShell:
            arguments.writeBytes(raw)
        }
    }

    /// The item as it has become.
    mutating func end(
        _ status: ResponseItemStatus,
        _ events: inout ResponseEvents,
        into out: inout ByteBuffer
    ) -> ByteBuffer {
        let text: ByteBuffer
        switch kind {
        case .function:
            text = arguments
            events.write("response.function_call_arguments.done", into: &out) { out in
                out.writeImmutableBuffer(itemPlace)
                if case .function(let name, _) = kind {
                    out.write(",\"name\":")
                    out.writeString(name)
                }
                out.writeMember("arguments", raw: text)
            }
        case .custom:
            var rest = ByteBuffer()
            input.end(into: &rest)
            write(inputDelta: rest, &events, into: &out)
            text = input.text
            events.write("response.custom_tool_call_input.done", into: &out) { out in
                out.writeImmutableBuffer(itemPlace)
                out.writeMember("input", raw: text)
            }
        case .localShell:
            text = arguments
        }
        let item = item(status.text, text: text)
        events.write("response.output_item.done", item: item, place: place, into: &out)
        return item
    }

    private func write(inputDelta: ByteBuffer, _ events: inout ResponseEvents, into out: inout ByteBuffer) {
        guard inputDelta.readableBytes > 0 else { return }
        inputDelta.withUnsafeReadableBytes {
            events.write("response.custom_tool_call_input.delta", delta: $0, at: itemPlace, into: &out)
        }
    }

    // MARK: The item

    private func item(_ status: StaticString, text: ByteBuffer) -> ByteBuffer {
        var out = ByteBuffer()
        out.write("{\"id\":\"")
        out.writeString(id)
        out.write("\",\"type\":\"")
        switch kind {
        case .function: out.write("function_call")
        case .custom: out.write("custom_tool_call")
        case .localShell: out.write("local_shell_call")
        }
        out.write("\",\"status\":\"")
        out.write(status)
        out.write("\",\"call_id\":")
        out.writeImmutableBuffer(callID)
        switch kind {
        case .function(let name, let namespace):
            out.write(",\"name\":")
            out.writeString(name)
            if let namespace {
                out.write(",\"namespace\":")
                out.writeString(namespace)
            }
            out.writeMember("arguments", raw: text)
        case .custom(let name):
            out.write(",\"name\":")
            out.writeString(name)
            out.writeMember("input", raw: text)
        case .localShell:
            out.write(",\"action\":")
            out.writeImmutableBuffer(Self.action(text))
        }
        out.write("}")
        return out
    }

    /// What the shell is to do. A command that was written in one text is given to `bash`.
    private static func action(_ arguments: ByteBuffer) -> ByteBuffer {
        var quoted = ByteBuffer(staticString: "\"")
        quoted.writeImmutableBuffer(arguments)
        quoted.write("\"")
        let document = quoted.withUnsafeReadableBytes { bytes in
            (try? JSONView(document: bytes))?.span.text.map { JSONText.unescape(bytes, $0) } ?? []
        }
        return document.withUnsafeBytes { bytes in
            let call = try? JSONView(document: bytes)
            var json = JSONBuilder()
            json.object { json in
                json.member("type", "exec")
                let command = call?["command"]
                if let command, command.isArray, command.elements.allSatisfy(\.isString) {
                    json.member("command", copying: command)
                } else {
                    json.member("command") { json in
                        json.array { json in
                            guard let text = command?.string else { return }
                            for word in ["bash", "-lc", text] { json.string(word) }
                        }
                    }
                }
                json.member("env", raw: "{}")
                let directory = call?["working_directory"] ?? call?["workdir"]
                if let directory, directory.isString { json.member("working_directory", copying: directory) }
                if let timeout = call?["timeout_ms"], timeout.integer != nil {
                    json.member("timeout_ms", copying: timeout)
                }
            }
            var action = ByteBuffer()
            json.buffer.withUnsafeReadableBytes { action.writeOneLine($0) }
            return action
        }
    }
}
