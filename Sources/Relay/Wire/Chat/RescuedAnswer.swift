import Clients
import NIOCore
import Normalize

/// An answer that a provider refused because it could not read the tool call in it, put right
/// (Groq: status 400, or an event in a stream, with `error.failed_generation`).
enum RescuedAnswer {
    /// A chat completion with the calls in it; `nil` where the body is no such refusal, or no call of an offered tool is in
    /// it.
    static func body(
        ofRefusal body: ByteBuffer,
        rules: NormalizeRules,
        tag: String,
        model: String,
        at now: Now
    ) -> (body: ByteBuffer, calls: Int)? {
        guard let text = failedGeneration(in: body), let calls = rules.toolCalls(inFailedGeneration: text) else {
            return nil
        }
        let texts = calls.enumerated()
            .map { place, call in ToolCallIDs.text(of: call, index: nil, id: ToolCallIDs.id(tag, 0, place)) }
        let answer =
            "{\"id\":\(JSONText.quoted("chatcmpl-" + tag)),\"object\":\"chat.completion\",\"created\":\(Int(now.wall)),"
            + "\"model\":\(JSONText.quoted(model)),\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            + "\"content\":null,\"tool_calls\":[\(texts.joined(separator: ","))]},\"finish_reason\":\"tool_calls\"}]}"
        return (ByteBuffer(string: answer), calls.count)
    }

    private static func failedGeneration(in body: ByteBuffer) -> String? {
        body.withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes)
            do throws(JSONFault) {
                let document = try scanner.value()
                try scanner.end()
                guard let error = JSONKey.member("error", of: document, bytes),
                    let text = JSONKey.member("failed_generation", of: error, bytes)?.text
                else { return nil }
                return JSONText.string(bytes, text)
            } catch {
                return nil
            }
        }
    }
}
