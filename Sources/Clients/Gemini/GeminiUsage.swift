/// `usageMetadata` as a chat completion's `usage`: thoughts are part of the completion, what tools brought part of the
/// prompt.
struct GeminiUsage: Sendable, Equatable {
    var prompt = 0
    var completion = 0
    var thoughts = 0
    var cached = 0
    var total = 0

    init?(_ metadata: JSONView) {
        guard metadata.isObject else { return nil }
        var (answer, tools): (Int, Int) = (0, 0)
        for (key, value) in metadata.members {
            guard let count = value.integer else { continue }
            if metadata.isNamed(key, "promptTokenCount") { prompt = count }
            if metadata.isNamed(key, "candidatesTokenCount") { answer = count }
            if metadata.isNamed(key, "thoughtsTokenCount") { thoughts = count }
            if metadata.isNamed(key, "toolUsePromptTokenCount") { tools = count }
            if metadata.isNamed(key, "cachedContentTokenCount") { cached = count }
        }
        guard prompt + answer + thoughts > 0 else { return nil }
        prompt += tools
        completion = answer + thoughts
        total = prompt + completion
    }

    func write(into json: inout JSONBuilder) {
        json.object { json in
            json.member("prompt_tokens", prompt)
            json.member("completion_tokens", completion)
            json.member("total_tokens", total)
            if cached > 0 {
                json.member("prompt_tokens_details") { json in json.object { $0.member("cached_tokens", cached) } }
            }
            if thoughts > 0 {
                json.member("completion_tokens_details") { json in
                    json.object { $0.member("reasoning_tokens", thoughts) }
                }
            }
        }
    }
}
