import Clients
import NIOCore

/// The input of a request: its own items, behind those of the responses that it continues.
struct ResponsesInput {
    /// The request's own, as an array with all references resolved.
    let own: ByteBuffer
    /// Those of former turns and their outputs, joined by commas.
    private let former: ByteBuffer

    init(_ body: ResponsesBody, client: String, responses: ResponseStore) throws(RequestFault) {
        let now = Instant.now
        own = try Self.own(body, client, responses, now)
        guard let previous = body.previousResponseID?.string else {
            former = ByteBuffer()
            return
        }
        guard let chain = responses.chain(endingWith: previous, of: client, at: now) else {
            throw .refused(.previousResponseNotFound(previous))
        }
        var items = ByteBuffer()
        func add(_ array: ByteBuffer) {
            for item in array.jsonElements {
                if items.readableBytes > 0 { items.write(",") }
                items.writeImmutableBuffer(item)
            }
        }
        for kept in chain {
            add(kept.input)
            for item in kept.outputItems { add(ByteBuffer(array: item)) }
        }
        former = items
    }

    private static func own(
        _ body: ResponsesBody,
        _ client: String,
        _ responses: ResponseStore,
        _ now: Instant
    ) throws(RequestFault) -> ByteBuffer {
        var items = ByteBuffer()
        guard let input = body.input else {
            guard body.previousResponseID != nil else { throw .missing("input") }
            return ByteBuffer(staticString: "[]")
        }
        if input.isString {
            items.write(#"[{"type":"message","role":"user","content":[{"type":"input_text","text":"#)
            items.writeBytes(input.raw)
            items.write("}]}]")
            return items
        }
        guard input.isArray else { throw .wrongType("input", "a string or an array of items", input) }
        items.reserveCapacity(input.span.range.count)
        items.write("[")
        var kept = KeptItems(of: client, in: responses, at: now)
        for (place, item) in input.elements.enumerated() {
            _ = try item.checked(.object, "input[\(place)]")
            if place > 0 { items.write(",") }
            guard let id = reference(item) else {
                items.writeBytes(item.raw)
                continue
            }
            guard let found = kept.item(id) else { throw .refused(.itemNotFound(id)) }
            // The same item may be asked for again and again.
            guard items.readableBytes + found.readableBytes <= responses.maxBytes else {
                throw .refused(.referencesTooLong(limit: responses.maxBytes))
            }
            items.writeImmutableBuffer(found)
        }
        items.write("]")
        return items
    }

    /// The id of an item that only points to another; its type may be left out.
    private static func reference(_ item: JSONView) -> String? {
        guard let type = item["type"] else {
            return item["role"] == nil && item["content"] == nil ? item["id"]?.string : nil
        }
        return type.equals("item_reference") ? item["id"]?.string : nil
    }

    /// The messages of the chat completion, an array.
    func messages(instructions: JSONView?) throws(RequestFault) -> ByteBuffer {
        let formerArray = ByteBuffer(array: former)
        return try formerArray.reading { (formerBytes) throws(RequestFault) in
            try own.reading { (ownBytes) throws(RequestFault) in
                let former = try Self.items(formerBytes) { _ in "previous_response_id" }
                let own = try Self.items(ownBytes) { "input[\($0)]" }
                var writer = ResponsesConversation(former + own)
                return try writer.messages(instructions: instructions)
            }
        }
    }

    private static func items(
        _ bytes: UnsafeRawBufferPointer,
        param: (Int) -> String
    ) throws(RequestFault) -> [ResponsesItem] {
        let array: JSONView
        do throws(JSONFault) { array = try JSONView(document: bytes) } catch { throw .malformed(error) }
        var items: [ResponsesItem] = []
        for (place, element) in array.elements.enumerated() {
            items.append(try ResponsesItem(element, param: param(place)))
        }
        return items
    }
}

extension ByteBuffer {
    /// A JSON array of these elements, which are joined by commas.
    init(array elements: ByteBuffer) {
        self.init()
        write("[")
        writeImmutableBuffer(elements)
        write("]")
    }
}

extension ClientError {
    static func previousResponseNotFound(_ id: String) -> ClientError {
        .invalidRequest(
            "Previous response with id '\(id)' not found. Responses are kept for 24 hours after their last use.",
            param: "previous_response_id",
            code: "previous_response_not_found"
        )
    }

    static func itemNotFound(_ id: String) -> ClientError {
        ClientError(
            status: 404,
            message: "Item with id '\(id)' not found. Items are not kept when 'store' is false.",
            type: "invalid_request_error",
            param: "input"
        )
    }

    static func referencesTooLong(limit: Int) -> ClientError {
        ClientError(
            status: 413,
            message: "The items that 'input' refers to are larger than \(limit) bytes.",
            type: "invalid_request_error",
            param: "input",
            code: "request_too_large"
        )
    }

    static func responseNotFound(_ id: String) -> ClientError {
        ClientError(
            status: 404,
            message: "Response with id '\(id)' not found.",
            type: "invalid_request_error",
            code: "response_not_found"
        )
    }
}
