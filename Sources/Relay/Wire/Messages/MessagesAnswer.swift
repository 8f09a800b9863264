import Clients
import NIOCore
import Normalize

/// The content of a whole answer as blocks: thinking, text, calls of tools.
struct MessagesAnswer {
    private enum Block {
        case thinking(UnsafeRawBufferPointer, signature: UnsafeRawBufferPointer?)
        case text(UnsafeRawBufferPointer)
        case call(JSONView)
    }

    private var blocks: [Block] = []
    private let tag: String
    private let isTruncated: Bool
    private(set) var hasCalls = false
    private(set) var isRefused = false
    /// Of text, thinking and arguments.
    private(set) var bytes = 0

    /// - Parameter choice: of a `chat.completion`.
    init(_ choice: JSONView?, showsThinking: Bool, tag: String) {
        self.tag = tag
        isTruncated = choice?["finish_reason"]?.equals("length") == true
        guard let message = choice?["message"] else { return }
        if let text = (message["reasoning_content"] ?? message["reasoning"])?.text, !text.isEmpty {
            bytes += text.count
            if showsThinking { blocks.append(.thinking(text, signature: Self.signature(in: message))) }
        }
        if let text = message["content"]?.text { add(text) }
        message["content"]?
            .eachElement { part in
                if let text = part["text"]?.text { add(text) }
                guard showsThinking else { return }
                part["thinking"]?
                    .eachElement { inner in
                        if let text = inner["text"]?.text, !text.isEmpty {
                            blocks.append(.thinking(text, signature: nil))
                        }
                    }
            }
        if let text = message["refusal"]?.text, !text.isEmpty {
            isRefused = true
            add(text)
        }
        message["tool_calls"]?
            .eachElement { call in
                guard call["function"]?["name"]?.hasText == true else { return }
                hasCalls = true
                bytes += call.raw.count
                blocks.append(.call(call))
            }
    }

    private mutating func add(_ text: UnsafeRawBufferPointer) {
        guard !text.isEmpty else { return }
        bytes += text.count
        blocks.append(.text(text))
    }

    private static func signature(in message: JSONView) -> UnsafeRawBufferPointer? {
        var signature: UnsafeRawBufferPointer?
        (message["thinking_blocks"] ?? message["reasoning_details"])?
            .eachElement { if let text = $0["signature"]?.text { signature = text } }
        return signature
    }

    /// The blocks, commas between them.
    func write(into output: inout ByteBuffer) {
        for (place, block) in blocks.enumerated() {
            if place > 0 { output.write(",") }
            switch block {
            case .thinking(let text, let signature):
                output.write(#"{"type":"thinking","thinking":""#)
                output.writeBytes(text)
                output.write(#"","signature":""#)
                if let signature { output.writeBytes(signature) }
                output.write(#""}"#)
            case .text(let text):
                output.write(#"{"type":"text","text":""#)
                output.writeBytes(text)
                output.write(#""}"#)
            case .call(let call): write(call, place, into: &output)
            }
        }
    }

    private func write(_ call: JSONView, _ place: Int, into output: inout ByteBuffer) {
        output.write(#"{"type":"tool_use","id":""#)
        if let id = call["id"]?.text, !id.isEmpty {
            output.writeBytes(id)
        } else {
            output.writeString("toolu_\(tag)_\(place)")
        }
        output.write(#"","name":"#)
        let function = call["function"]
        if let name = function?["name"] { output.writeBytes(name.raw) } else { output.write(#""""#) }
        output.write(#","input":"#)
        output.writeBytes(input(function?["arguments"]))
        output.write("}")
    }

    /// An object, whatever the model made of it: repaired where it can be, else an empty one.
    private func input(_ arguments: JSONView?) -> [UInt8] {
        let empty = Array("{}".utf8)
        guard let arguments else { return empty }
        if arguments.isObject { return Array(arguments.raw) }
        guard let string = arguments.span.text else { return empty }
        let text = JSONText.unescape(arguments.bytes, string)
        if Self.isObject(text) { return text }
        let reading = text.withUnsafeBytes { ToolArguments.read($0, truncated: isTruncated) }
        guard case .repaired(let better) = reading, Self.isObject(better) else { return empty }
        return better
    }

    private static func isObject(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { (try? JSONView(document: $0))?.isObject == true }
    }
}
