import Clients
import NIOCore

/// The response object around its output: who it is, and what it repeats of the request.
struct ResponseEnvelope {
    /// What all ids of this response have in common.
    let base: String
    let id: String
    let previous: String?
    private let created: Int
    /// `,"instructions":…,"tools":…`: the same in every event that carries the response.
    private let echo: ByteBuffer

    /// How a response stands, with what goes with it.
    enum Status {
        case inProgress
        case completed
        /// `max_output_tokens` or `content_filter`.
        case incomplete(StaticString)
        case failed(ClientError)

        fileprivate var name: StaticString {
            switch self {
            case .inProgress: "in_progress"
            case .completed: "completed"
            case .incomplete: "incomplete"
            case .failed: "failed"
            }
        }
    }

    init(_ body: ResponsesBody, base: String, created: Int) {
        self.base = base
        self.created = created
        id = ResponseID.response(base)
        previous = body.previousResponseID?.string
        echo = Self.echo(of: body)
    }

    /// What the request left out has the API's own default, or none where that is the provider's business.
    private static func echo(of body: ResponsesBody) -> ByteBuffer {
        var echo = ByteBuffer()
        let given = [body.instructions, body.tools, body.text, body.toolChoice] + body.echoed.map(\.value)
        echo.reserveCapacity(given.reduce(768) { $0 + ($1?.span.range.count ?? 0) })
        func write(_ name: StaticString, _ value: JSONView?, or other: StaticString) {
            echo.write(",\"")
            echo.write(name)
            echo.write("\":")
            if let value { echo.writeOneLine(value.raw) } else { echo.write(other) }
        }
        write("model", body.model, or: "\"\"")
        write("instructions", body.instructions, or: "null")
        write("max_output_tokens", body.maxOutputTokens, or: "null")
        write("parallel_tool_calls", body.parallelToolCalls, or: "true")
        write("previous_response_id", body.previousResponseID, or: "null")
        write("reasoning", body.reasoning, or: #"{"effort":null,"summary":null}"#)
        write("temperature", body.temperature, or: "null")
        write("text", body.text, or: #"{"format":{"type":"text"}}"#)
        write("tool_choice", body.toolChoice, or: "\"auto\"")
        write("tools", body.tools, or: "[]")
        write("top_p", body.topP, or: "null")
        for (name, value) in body.echoed { write(name, value, or: "null") }
        let names = body.echoed.map(\.name.description)
        if !names.contains("metadata") { write("metadata", nil, or: "{}") }
        if !names.contains("truncation") { write("truncation", nil, or: "\"disabled\"") }
        if !names.contains("user") { write("user", nil, or: "null") }
        if !names.contains("service_tier") { write("service_tier", nil, or: "\"default\"") }
        echo.write(body.stores ? ",\"store\":true" : ",\"store\":false")
        echo.write(",\"background\":false")
        return echo
    }

    /// The whole object, with its output items as they stand.
    /// - Returns: where in what was written the array of `output` is.
    @discardableResult
    func write(
        _ status: Status,
        output items: [ByteBuffer],
        usage: ByteBuffer?,
        into out: inout ByteBuffer
    ) -> Range<Int> {
        let start = out.writerIndex
        out.reserveCapacity(minimumWritableBytes: items.reduce(echo.readableBytes + 512) { $0 + $1.readableBytes })
        out.write("{\"id\":\"")
        out.writeString(id)
        out.write("\",\"object\":\"response\",\"created_at\":")
        out.writeDecimal(created)
        out.write(",\"status\":\"")
        out.write(status.name)
        out.write("\",\"error\":")
        if case .failed(let error) = status {
            out.writeString(error.responseJSON)
        } else {
            out.write("null")
        }
        out.write(",\"incomplete_details\":")
        if case .incomplete(let reason) = status {
            out.write("{\"reason\":\"")
            out.write(reason)
            out.write("\"}")
        } else {
            out.write("null")
        }
        out.writeImmutableBuffer(echo)
        out.write(",\"output\":")
        let first = out.writerIndex - start
        out.write("[")
        var isFirst = true
        for item in items {
            if !isFirst { out.write(",") }
            isFirst = false
            out.writeImmutableBuffer(item)
        }
        out.write("]")
        let output = first..<out.writerIndex - start
        out.write(",\"usage\":")
        if let usage { out.writeImmutableBuffer(usage) } else { out.write("null") }
        out.write("}")
        return output
    }
}

extension ClientError {
    /// As `response.error` has it, where codes are a closed set but for the one that agents look for.
    fileprivate var responseJSON: String {
        let known: String =
            if code == "context_length_exceeded" {
                "context_length_exceeded"
            } else {
                status == 429 ? "rate_limit_exceeded" : status / 100 == 4 ? "invalid_prompt" : "server_error"
            }
        return "{\"code\":\"\(known)\",\"message\":\(JSONText.quoted(message))}"
    }
}

/// `usage` of a chat completion in the words of a response.
enum ResponseUsage {
    static func write(_ usage: JSONView) -> ByteBuffer {
        var (input, output, total, cached, reasoning) = (0, 0, Int?.none, 0, 0)
        for (key, value) in usage.members {
            if usage.isNamed(key, "prompt_tokens") { input = value.integer ?? 0 }
            if usage.isNamed(key, "completion_tokens") { output = value.integer ?? 0 }
            if usage.isNamed(key, "total_tokens") { total = value.integer }
            if usage.isNamed(key, "prompt_tokens_details") { cached = value["cached_tokens"]?.integer ?? 0 }
            if usage.isNamed(key, "completion_tokens_details") { reasoning = value["reasoning_tokens"]?.integer ?? 0 }
        }
        var out = ByteBuffer()
        out.write("{\"input_tokens\":")
        out.writeDecimal(input)
        out.write(",\"input_tokens_details\":{\"cached_tokens\":")
        out.writeDecimal(cached)
        out.write(",\"cache_write_tokens\":0},\"output_tokens\":")
        out.writeDecimal(output)
        out.write(",\"output_tokens_details\":{\"reasoning_tokens\":")
        out.writeDecimal(reasoning)
        out.write("},\"total_tokens\":")
        out.writeDecimal(total ?? input + output)
        out.write("}")
        return out
    }
}
