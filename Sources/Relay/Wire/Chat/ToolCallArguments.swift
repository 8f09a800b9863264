import Clients
import NIOCore
import Normalize

/// Repairs the arguments of tool calls, where and only where they are no valid JSON.
enum ToolCallArguments {
    /// Notes the splices for the calls of a whole answer; how many were repaired.
    static func repair(
        _ toolCalls: JSONValueSpan,
        of bytes: UnsafeRawBufferPointer,
        isTruncated: Bool,
        _ edits: inout ByteEdits
    ) -> Int {
        var repaired = 0
        forEachArguments(toolCalls, of: bytes) { arguments in
            let raw = UnsafeRawBufferPointer(rebasing: bytes[arguments.range])
            guard !ToolArguments.areSurelyValid(escaped: raw) else { return }
            let text = JSONText.unescape(bytes, arguments)
            let reading = text.withUnsafeBytes { ToolArguments.read($0, truncated: isTruncated) }
            guard case .repaired(let better) = reading else { return }
            edits.replace(arguments.range, with: ChatStreamReply.escaped(better))
            repaired += 1
        }
        return repaired
    }

    /// Every `function.arguments` of a `tool_calls` array.
    private static func forEachArguments(
        _ toolCalls: JSONValueSpan,
        of bytes: UnsafeRawBufferPointer,
        _ body: (JSONString) -> Void
    ) {
        guard toolCalls.kind == .array else { return }
        var scanner = JSONScanner(bytes)
        scanner.position = toolCalls.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement(&isFirst) {
                let call = try scanner.value()
                guard let function = JSONKey.member("function", of: call, bytes),
                    let arguments = JSONKey.member("arguments", of: function, bytes)?.text
                else { continue }
                body(arguments)
            }
        } catch {
            // It was scanned with the answer it stands in.
            assertionFailure("\(error)")
        }
    }
}
