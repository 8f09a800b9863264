import Clients
import NIOCore

/// Writes an answer as a response: whole, or as its whole sequence of events.
///
/// Text and reasoning are items one after the other. Tool calls stay open until the answer ends, since the pieces of
/// several may come by turns.
final class ResponsesEncoder: AnswerEncoder {
    private let envelope: ResponseEnvelope
    private let tools: ResponsesTools
    /// `nil` with `store: false`.
    private let keeping: ResponseKeeping?
    private var events = ResponseEvents()
    private var reader = SSEReader()
    private var hasBegun = false
    private var open: Open?
    private var calls: [ResponseCall] = []
    /// Items that have ended, by their place in the output.
    private var items: [Int: ByteBuffer] = [:]
    private var itemCount = 0
    private var ending = ResponseEnvelope.Status.completed
    private var usage: ByteBuffer?

    private enum Open {
        case message(ResponseMessage)
        case reasoning(ResponseReasoning)
    }

    init(envelope: ResponseEnvelope, tools: ResponsesTools, keeping: ResponseKeeping?) {
        self.envelope = envelope
        self.tools = tools
        self.keeping = keeping
    }

    // MARK: Streams

    func encode(_ events: ByteBuffer, into output: inout ByteBuffer) {
        reader.append(events)
        while let frame = try? reader.next() {
            guard let data = frame.data else {
                output.writeImmutableBuffer(frame.raw)
                continue
            }
            if data.isDone { complete(into: &output) } else { take(data, into: &output) }
        }
    }

    func encode(_ error: ClientError, into output: inout ByteBuffer) {
        begin(into: &output)
        events.write("error", into: &output) { out in
            out.write(",\"code\":")
            out.writeString(error.code.map(JSONText.quoted) ?? "null")
            out.write(",\"message\":")
            out.writeString(JSONText.quoted(error.message))
            out.write(",\"param\":")
            out.writeString(error.param.map(JSONText.quoted) ?? "null")
        }
        // What was being said is shown as far as it came, but no event says that it is done; calls that were being
        // written are nothing to act on.
        var unsent = ByteBuffer()
        let sent = events
        endOpen(.incomplete, into: &unsent)
        events = sent
        write("response.failed", .failed(error), into: &output)
    }

    /// The first sign of life is the response itself.
    func encodeKeepAlive(into output: inout ByteBuffer) {
        if hasBegun { output.write(": keep-alive\n\n") } else { begin(into: &output) }
    }

    private func begin(into output: inout ByteBuffer) {
        guard !hasBegun else { return }
        hasBegun = true
        write("response.created", .inProgress, into: &output)
        write("response.in_progress", .inProgress, into: &output)
    }

    private func complete(into output: inout ByteBuffer) {
        begin(into: &output)
        endItems(into: &output)
        if case .incomplete = ending {
            write("response.incomplete", ending, into: &output)
        } else {
            write("response.completed", ending, into: &output)
        }
    }

    private func write(_ type: StaticString, _ status: ResponseEnvelope.Status, into output: inout ByteBuffer) {
        var response = ByteBuffer()
        let array = envelope.write(status, output: itemsInOrder, usage: usage, into: &response)
        events.write(type, into: &output) { out in
            out.write(",\"response\":")
            out.writeImmutableBuffer(response)
        }
        keep(response, output: array, status)
    }

    // MARK: Whole answers

    /// What the same answer would be at the end of its stream.
    func whole(_ completion: ByteBuffer) -> ByteBuffer {
        var unsent = ByteBuffer()
        unsent.reserveCapacity(8 * completion.readableBytes)
        hasBegun = true
        take(completion, into: &unsent)
        endItems(into: &unsent)
        var response = ByteBuffer()
        let array = envelope.write(ending, output: itemsInOrder, usage: usage, into: &response)
        keep(response, output: array, ending)
        return response
    }

    private var itemsInOrder: [ByteBuffer] { (0..<itemCount).compactMap { items[$0] } }

    private func keep(_ response: ByteBuffer, output: Range<Int>, _ status: ResponseEnvelope.Status) {
        guard let keeping else { return }
        switch status {
        case .completed, .incomplete: break
        case .inProgress, .failed: return
        }
        let kept = ResponseStore.Kept(
            id: envelope.id,
            response: response,
            output: output,
            input: keeping.input,
            previous: envelope.previous
        )
        keeping.store.keep(kept, of: keeping.client, at: .now)
    }

    // MARK: Answers

    /// One chunk of a stream, or a whole answer: a response is made of the first choice.
    private func take(_ data: ByteBuffer, into output: inout ByteBuffer) {
        data.withUnsafeReadableBytes { bytes in
            guard let answer = try? ChatAnswer(bytes) else { return }
            if let usage = answer.usage { self.usage = ResponseUsage.write(JSONView(bytes, usage.value)) }
            guard let choice = answer.choices.first(where: { $0.index == 0 }) else { return }
            begin(into: &output)
            take(choice, bytes, into: &output)
        }
    }

    private func take(_ choice: ChatAnswer.Choice, _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        if let text = choice.reasoning?.text, choice.hasReasoning { append(reasoning: text, bytes, into: &output) }
        if choice.hasText, let content = choice.content {
            if let text = content.text {
                append(text, to: .text, bytes, into: &output)
            } else {
                for part in JSONView(bytes, content).elements { take(part: part, into: &output) }
            }
        }
        if choice.hasOther, let body = choice.body { takeOther(JSONView(bytes, body), into: &output) }
        if let toolCalls = choice.toolCalls, choice.hasToolCalls {
            for (place, call) in JSONView(bytes, toolCalls).elements.enumerated() {
                take(call: call, at: place, into: &output)
            }
        }
        if let reason = choice.finishReason.map({ JSONView(bytes, $0) }) {
            if reason.equals("length") { ending = .incomplete("max_output_tokens") }
            if reason.equals("content_filter") { ending = .incomplete("content_filter") }
        }
    }

    /// `[{"type":"thinking","thinking":[…]},{"type":"text","text":"…"}]`, as Mistral's reasoning models have it.
    private func take(part: JSONView, into output: inout ByteBuffer) {
        if let text = part["text"]?.span.text {
            append(text, to: .text, part.bytes, into: &output)
        } else if let thinking = part["thinking"] {
            let texts = thinking.isArray ? thinking.elements.compactMap { $0["text"] } : [thinking]
            for text in texts.compactMap(\.span.text) { append(reasoning: text, part.bytes, into: &output) }
        }
    }

    private func takeOther(_ body: JSONView, into output: inout ByteBuffer) {
        if let refusal = body["refusal"]?.span.text { append(refusal, to: .refusal, body.bytes, into: &output) }
        guard let citations = body["annotations"], case .message(var message)? = open else { return }
        for citation in citations.elements { message.annotate(citation, &events, into: &output) }
        open = .message(message)
    }

    // MARK: Items

    private func append(
        _ text: JSONString,
        to part: ResponseMessage.Part,
        _ bytes: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        guard !text.range.isEmpty else { return }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[text.range])
        var message: ResponseMessage
        if case .message(let current)? = open {
            message = current
            // Nobody else holds it while it is changed.
            open = nil
        } else {
            endOpen(.completed, into: &output)
            message = ResponseMessage(base: envelope.base, place: newPlace())
            message.begin(&events, into: &output)
        }
        message.append(piece, to: part, &events, into: &output)
        open = .message(message)
    }

    private func append(reasoning text: JSONString, _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        guard !text.range.isEmpty else { return }
        var reasoning: ResponseReasoning
        if case .reasoning(let current)? = open {
            reasoning = current
            open = nil
        } else {
            endOpen(.completed, into: &output)
            reasoning = ResponseReasoning(base: envelope.base, place: newPlace())
            reasoning.begin(&events, into: &output)
        }
        reasoning.append(UnsafeRawBufferPointer(rebasing: bytes[text.range]), &events, into: &output)
        open = .reasoning(reasoning)
    }

    private func take(call: JSONView, at position: Int, into output: inout ByteBuffer) {
        let index = call["index"]?.integer ?? position
        let function = call["function"]
        let place = calls.firstIndex { $0.index == index } ?? begin(call, function, index, into: &output)
        guard let arguments = function?["arguments"] else { return }
        if let text = arguments.span.text {
            calls[place].append(text, of: arguments.bytes, &events, into: &output)
        } else {
            // Some give the arguments themselves instead of their text.
            let text = ByteBuffer(bytes: arguments.raw).asJSONString
            text.withUnsafeReadableBytes { bytes in
                guard let string = (try? JSONView(document: bytes))?.span.text else { return }
                calls[place].append(string, of: bytes, &events, into: &output)
            }
        }
    }

    /// Where the new call stands among the others.
    private func begin(_ call: JSONView, _ function: JSONView?, _ index: Int, into output: inout ByteBuffer) -> Int {
        endOpen(.completed, into: &output)
        let place = newPlace()
        var callID = ByteBuffer()
        if let id = call["id"], id.isString, id.span.range.count > 2 {
            callID.writeBytes(id.raw)
        } else {
            callID.writeString("\"call_\(envelope.base)_\(place)\"")
        }
        let new = ResponseCall(
            index: index,
            place: place,
            kind: tools.kind(of: function?["name"]?.string ?? ""),
            callID: callID,
            base: envelope.base
        )
        new.begin(&events, into: &output)
        calls.append(new)
        return calls.count - 1
    }

    private func newPlace() -> Int {
        itemCount += 1
        return itemCount - 1
    }

    /// Ends the text or reasoning that is being written.
    private func endOpen(_ status: ResponseItemStatus, into output: inout ByteBuffer) {
        switch open {
        case .message(var message)?: items[message.place] = message.end(status, &events, into: &output)
        case .reasoning(let reasoning)?: items[reasoning.place] = reasoning.end(&events, into: &output)
        case nil: break
        }
        open = nil
    }

    private func endItems(into output: inout ByteBuffer) {
        let status =
            if case .incomplete = ending { ResponseItemStatus.incomplete } else { ResponseItemStatus.completed }
        endOpen(status, into: &output)
        for place in calls.indices { items[calls[place].place] = calls[place].end(status, &events, into: &output) }
        calls = []
    }
}
