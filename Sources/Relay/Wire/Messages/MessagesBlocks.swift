import Clients
import NIOCore

/// The content blocks of a streamed message: one is open at a time, each is closed before the next begins, and their
/// indexes go up.
///
/// A chat completion may go from one tool call to another and back. A call whose arguments are not a whole object yet is
/// not closed: what belongs to others waits until it is.
struct MessagesBlocks {
    enum Kind: Equatable { case thinking, text, tool(Int) }

    /// What came for a block that is not open.
    private struct Waiting {
        let kind: Kind
        var opening = ByteBuffer()
        var content = ByteBuffer()
    }

    private var open: Kind?
    /// Blocks begun so far.
    private(set) var count = 0
    private var arguments = ArgumentsScan()
    private var waiting: [Waiting] = []
    /// The calls whose blocks have been closed.
    private var closedTools: Set<Int> = []
    private var signature = ByteBuffer()

    // MARK: What comes

    /// Text or thinking, as it stands in a JSON string.
    mutating func add(_ text: UnsafeRawBufferPointer, to kind: Kind, into output: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        if open != kind {
            guard canOpen else {
                let place = place(of: kind)
                return _ = waiting[place].content.writeBytes(text)
            }
            begin(kind, into: &output) { output in
                output.write(
                    kind == .text ? #""text","text":"""# : #""thinking","thinking":"","signature":"""#
                )
            }
        }
        write(text, into: &output)
    }

    /// Anthropic's own mark on its thinking, given back to it with the next turn.
    mutating func sign(_ text: UnsafeRawBufferPointer) {
        if open == .thinking { signature.writeBytes(text) }
    }

    mutating func beginTool(
        _ index: Int,
        id: UnsafeRawBufferPointer,
        name: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        guard open != .tool(index), !closedTools.contains(index) else { return }
        func writeOpening(_ output: inout ByteBuffer) {
            output.write(#""tool_use","id":""#)
            output.writeBytes(id)
            output.write(#"","name":""#)
            output.writeBytes(name)
            output.write(#"","input":{}"#)
        }
        if canOpen {
            begin(.tool(index), into: &output, writeOpening)
        } else if !waiting.contains(where: { $0.kind == .tool(index) }) {
            var block = Waiting(kind: .tool(index))
            writeOpening(&block.opening)
            waiting.append(block)
        }
    }

    /// A piece of a call's arguments, as it stands in a JSON string.
    mutating func add(arguments text: UnsafeRawBufferPointer, toTool index: Int, into output: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        if open == .tool(index) {
            arguments.take(text)
            write(text, into: &output)
            release(into: &output)
        } else if let place = waiting.firstIndex(where: { $0.kind == .tool(index) }) {
            waiting[place].content.writeBytes(text)
        }
    }

    /// The answer is complete: everything that waits goes out, and the last block is closed.
    mutating func end(into output: inout ByteBuffer) {
        while !waiting.isEmpty { openNext(into: &output) }
        close(into: &output)
    }

    // MARK: Opening and closing

    /// Nothing is in the way of another block.
    private var canOpen: Bool { waiting.isEmpty && isClosable }

    /// Nothing more is to come to the block that is open, or what comes may as well begin another one.
    private var isClosable: Bool {
        if case .tool = open { arguments.isComplete } else { true }
    }

    private mutating func place(of kind: Kind) -> Int {
        if waiting.last?.kind != kind { waiting.append(Waiting(kind: kind)) }
        return waiting.count - 1
    }

    /// Goes on to the blocks that wait for as long as nothing more can come to the one that is open.
    private mutating func release(into output: inout ByteBuffer) {
        while !waiting.isEmpty, isClosable { openNext(into: &output) }
    }

    private mutating func openNext(into output: inout ByteBuffer) {
        let next = waiting.removeFirst()
        switch next.kind {
        case .tool:
            begin(next.kind, into: &output) { $0.writeImmutableBuffer(next.opening) }
            next.content.withUnsafeReadableBytes { text in
                arguments.take(text)
                if !text.isEmpty { write(text, into: &output) }
            }
        case .text, .thinking:
            let others = waiting
            waiting = []
            arguments.isComplete = true
            next.content.withUnsafeReadableBytes { add($0, to: next.kind, into: &output) }
            waiting = others
        }
    }

    private mutating func begin(_ kind: Kind, into output: inout ByteBuffer, _ writeBlock: (inout ByteBuffer) -> Void) {
        close(into: &output)
        open = kind
        arguments = ArgumentsScan()
        output.write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        output.writeDecimal(count)
        output.write(#","content_block":{"type":"#)
        writeBlock(&output)
        output.write("}}\n\n")
        count += 1
    }

    private mutating func close(into output: inout ByteBuffer) {
        guard let kind = open else { return }
        if kind == .thinking, signature.readableBytes > 0 {
            writeDelta(#""signature_delta","signature":""#, into: &output) { $0.writeImmutableBuffer(signature) }
            signature.clear()
        }
        if case .tool(let index) = kind { closedTools.insert(index) }
        open = nil
        output.write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        output.writeDecimal(count - 1)
        output.write("}\n\n")
    }

    /// A delta of the block that is open.
    private func write(_ text: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        let opening: StaticString =
            switch open {
            case .text, nil: #""text_delta","text":""#
            case .thinking: #""thinking_delta","thinking":""#
            case .tool: #""input_json_delta","partial_json":""#
            }
        writeDelta(opening, into: &output) { $0.writeBytes(text) }
    }

    private func writeDelta(
        _ opening: StaticString,
        into output: inout ByteBuffer,
        _ writeText: (inout ByteBuffer) -> Void
    ) {
        output.write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        output.writeDecimal(count - 1)
        output.write(#","delta":{"type":"#)
        output.write(opening)
        writeText(&output)
        output.write("\"}}\n\n")
    }
}

/// Whether the JSON object in a string, which comes in pieces, has come to its end.
struct ArgumentsScan {
    var isComplete = false
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// A piece of the string's content; its escapes are whole.
    mutating func take(_ text: UnsafeRawBufferPointer) {
        var at = 0
        while at < text.count, !isComplete {
            var byte = text[at]
            at += 1
            if byte == UInt8(ascii: "\\"), at < text.count {
                byte = text[at]
                at += 1
                switch byte {
                case UInt8(ascii: "u"):
                    byte = Self.character(text, at)
                    at += 4
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): break
                // Control characters and slashes decide nothing.
                default: byte = 0x20
                }
            }
            take(byte)
        }
    }

    private mutating func take(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if isInString {
            if byte == UInt8(ascii: "\\") { isEscaped = true }
            if byte == UInt8(ascii: "\"") { isInString = false }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                isComplete = depth <= 0
            default: break
            }
        }
    }

    /// Of four hexadecimal digits; what is not ASCII decides nothing.
    private static func character(_ text: UnsafeRawBufferPointer, _ at: Int) -> UInt8 {
        guard at + 4 <= text.count, text[at] == 0x30, text[at + 1] == 0x30,
            let value = UInt8(String(decoding: text[at + 2..<at + 4], as: UTF8.self), radix: 16)
        else { return 0x20 }
        return value
    }
}
