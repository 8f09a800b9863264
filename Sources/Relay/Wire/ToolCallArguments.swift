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
        forEachArguments(toolCalls, of: bytes) { _, arguments in
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

    /// Every `function.arguments` of a `tool_calls` array, with the call's `index`, which is its place where it has none.
    static func forEachArguments(
        _ toolCalls: JSONValueSpan,
        of bytes: UnsafeRawBufferPointer,
        _ body: (Int, JSONString) -> Void
    ) {
        guard toolCalls.kind == .array else { return }
        var scanner = JSONScanner(bytes)
        scanner.position = toolCalls.range.lowerBound
        do throws(JSONFault) {
            try scanner.enterArray()
            var isFirst = true
            var place = 0
            while try scanner.nextElement(&isFirst) {
                let call = try scanner.value()
                if let function = JSONKey.member("function", of: call, bytes),
                    let arguments = JSONKey.member("arguments", of: function, bytes)?.text
                {
                    body(JSONKey.member("index", of: call, bytes).flatMap { JSONKey.integer(bytes, $0) } ?? place, arguments)
                }
                place += 1
            }
        } catch {
            // It was scanned with the answer it stands in.
            assertionFailure("\(error)")
        }
    }
}
