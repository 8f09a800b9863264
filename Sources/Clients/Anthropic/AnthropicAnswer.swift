import NIOCore

/// A whole answer of the Messages API as a `chat.completion`.
struct AnthropicAnswer {
    private let message: JSONView
    private let call: DialectCall

    init(_ message: JSONView, to call: DialectCall) {
        self.message = message
        self.call = call
    }

    func written() throws(DialectFault) -> ByteBuffer {
        var json = JSONBuilder()
        if let error = message["error"] {
            json.object { $0.member("error", copying: error) }
            return json.buffer
        }
        guard let content = message["content"], content.isArray else { throw .unreadable("no content") }
        let blocks = AnthropicContent(content.elements)
        let stop = message["stop_reason"]
        json.object {
            $0.key("id")
            if let id = message["id"] { $0.copy(id) } else { $0.string("msg_" + call.tag) }
            $0.member("object", "chat.completion")
            $0.member("created", call.created)
            $0.key("model")
            if let model = message["model"] { $0.copy(model) } else { $0.string(call.model) }
            $0.member("choices") {
                $0.array {
                    $0.object {
                        $0.member("index", 0)
                        $0.member("message") { blocks.write(into: &$0) }
                        $0.member("finish_reason", AnthropicStop.reason(stop, calls: !blocks.calls.isEmpty).description)
                        $0.member("stop_reason", copying: message["stop_sequence"])
                    }
                }
            }
            if let usage = message["usage"] {
                var count = AnthropicUsage()
                count.read(usage)
                $0.member("usage") { count.write(into: &$0) }
            }
        }
        return json.buffer
    }
}

/// What the blocks of an answer say.
private struct AnthropicContent {
    private var texts: [JSONView] = []
    private var thoughts: [JSONView] = []
    private var thinkingBlocks: [JSONView] = []
    private var citations: [AnthropicCitation] = []
    private(set) var calls: [JSONView] = []

    init(_ blocks: [JSONView]) {
        var length = 0
        for block in blocks {
            guard let type = block["type"] else { continue }
            if type.equals("text"), let text = block["text"], text.isString {
                let end = length + text.scalarCount
                let cited = block["citations"]?.elements ?? []
                citations += cited.compactMap { AnthropicCitation($0, range: length..<end) }
                texts.append(text)
                length = end
            } else if type.equals("thinking"), let text = block["thinking"], text.isString {
                thoughts.append(text)
                thinkingBlocks.append(block)
            } else if type.equals("redacted_thinking") {
                thinkingBlocks.append(block)
            } else if type.equals("tool_use") {
                calls.append(block)
            }
        }
    }

    func write(into json: inout JSONBuilder) {
        json.object {
            $0.member("role", "assistant")
            $0.key("content")
            if texts.isEmpty, !calls.isEmpty { $0.raw("null") } else { $0.escapedString(texts.map(\.content)) }
            if thoughts.contains(where: { !$0.content.isEmpty }) {
                $0.key("reasoning_content")
                $0.escapedString(thoughts.map(\.content))
            }
            if !thinkingBlocks.isEmpty {
                $0.member("thinking_blocks") { $0.array { for block in thinkingBlocks { $0.copy(block) } } }
            }
            if !calls.isEmpty {
                $0.member("tool_calls") { $0.array { for call in calls { Self.write(call, into: &$0) } } }
            }
            if !citations.isEmpty {
                $0.member("annotations") { $0.array { for citation in citations { citation.write(into: &$0) } } }
            }
        }
    }

    private static func write(_ call: JSONView, into json: inout JSONBuilder) {
        json.object {
            $0.member("id", copying: call["id"])
            $0.member("type", "function")
            $0.member("function") {
                $0.object {
                    $0.member("name", copying: call["name"])
                    $0.member("arguments", call["input"].map { String(decoding: $0.raw, as: UTF8.self) } ?? "{}")
                }
            }
        }
    }
}

/// A page of the web that a text rests on, as a chat completion's `url_citation`.
struct AnthropicCitation {
    private let url: JSONView
    private let title: JSONView?
    private let text: JSONView?
    /// Characters of the answer's text.
    private let range: Range<Int>

    /// `nil` for what has no address: a place in a document that the client sent.
    init?(_ citation: JSONView, range: Range<Int>) {
        guard let url = citation["url"], url.isString else { return nil }
        self.url = url
        title = citation["title"]
        text = citation["cited_text"]
        self.range = range
    }

    func write(into json: inout JSONBuilder) {
        json.object {
            $0.member("type", "url_citation")
            $0.member("url_citation") {
                $0.object {
                    $0.member("url", copying: url)
                    $0.member("title", copying: title)
                    $0.member("content", copying: text)
                    $0.member("start_index", range.lowerBound)
                    $0.member("end_index", range.upperBound)
                }
            }
        }
    }
}

enum AnthropicStop {
    /// A reason that is not known yet counts as an end.
    static func reason(_ stop: JSONView?, calls: Bool) -> StaticString {
        guard let stop else { return calls ? "tool_calls" : "stop" }
        if stop.equals("max_tokens") || stop.equals("model_context_window_exceeded") { return "length" }
        if stop.equals("refusal") { return "content_filter" }
        return stop.equals("tool_use") ? "tool_calls" : "stop"
    }
}

/// Tokens as the API counts them: what was read from the cache or written to it comes on top of `input_tokens`.
struct AnthropicUsage {
    private var input: Int?
    private var cacheRead: Int?
    private var cacheWritten: Int?
    private var output: Int?
    private var thinking: Int?

    /// Later counts are totals: they take the place of earlier ones.
    mutating func read(_ usage: JSONView) {
        input = usage["input_tokens"]?.integer ?? input
        cacheRead = usage["cache_read_input_tokens"]?.integer ?? cacheRead
        cacheWritten = usage["cache_creation_input_tokens"]?.integer ?? cacheWritten
        output = usage["output_tokens"]?.integer ?? output
        thinking = usage["output_tokens_details"]?["thinking_tokens"]?.integer ?? thinking
    }

    func write(into json: inout JSONBuilder) {
        let prompt = (input ?? 0) + (cacheRead ?? 0) + (cacheWritten ?? 0)
        json.object {
            $0.member("prompt_tokens", prompt)
            $0.member("completion_tokens", output ?? 0)
            $0.member("total_tokens", prompt + (output ?? 0))
            $0.member("prompt_tokens_details") {
                $0.object {
                    $0.member("cached_tokens", cacheRead ?? 0)
                    if let cacheWritten { $0.member("cache_creation_tokens", cacheWritten) }
                }
            }
            if let thinking {
                $0.member("completion_tokens_details") { $0.object { $0.member("reasoning_tokens", thinking) } }
            }
        }
    }
}
