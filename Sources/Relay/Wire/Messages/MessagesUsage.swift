import Clients
import NIOCore

/// Tokens as Anthropic counts them: what was read from a cache is not among the input's.
struct MessagesUsage {
    var input: Int
    var output: Int
    var cacheRead = 0
    var cacheCreation = 0

    init(input: Int, output: Int) {
        (self.input, self.output) = (input, output)
    }

    /// A chat completion's `usage`; `nil` where it counts nothing.
    init?(_ usage: JSONView) {
        let (prompt, completion) = (usage["prompt_tokens"]?.integer, usage["completion_tokens"]?.integer)
        guard prompt != nil || completion != nil else { return nil }
        let details = usage["prompt_tokens_details"]
        cacheRead = details?["cached_tokens"]?.integer ?? usage["prompt_cache_hit_tokens"]?.integer ?? 0
        cacheCreation =
            details?["cache_creation_tokens"]?.integer ?? usage["cache_creation_input_tokens"]?.integer ?? 0
        input = max(0, (prompt ?? 0) - cacheRead - cacheCreation)
        output = completion ?? 0
    }

    func write(into output: inout ByteBuffer) {
        output.write(#"{"input_tokens":"#)
        output.writeDecimal(input)
        output.write(#","cache_creation_input_tokens":"#)
        output.writeDecimal(cacheCreation)
        output.write(#","cache_read_input_tokens":"#)
        output.writeDecimal(cacheRead)
        output.write(#","output_tokens":"#)
        output.writeDecimal(self.output)
        output.write("}")
    }
}

/// Why an answer ended, in Anthropic's words. A stop sequence cannot be told from an end of the model's own.
enum MessagesStopReason: String {
    case endTurn = "end_turn"
    case maxTokens = "max_tokens"
    case toolUse = "tool_use"
    case refusal

    /// Of a `finish_reason`; `nil` where there is none.
    init(_ reason: JSONView?, hasCalls: Bool, isRefused: Bool = false) {
        if isRefused || reason?.equals("content_filter") == true {
            self = .refusal
        } else if reason?.equals("length") == true {
            self = .maxTokens
        } else if hasCalls || reason?.equals("tool_calls") == true || reason?.equals("function_call") == true {
            self = hasCalls ? .toolUse : .endTurn
        } else {
            self = .endTurn
        }
    }
}
