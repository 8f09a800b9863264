import Clients
import NIOCore

/// The content of one message on its way to a chat completion: a text where all of it is text, else a list of parts.
struct MessagesParts {
    private enum Part {
        /// As it stands in a JSON string.
        case text(UnsafeRawBufferPointer)
        case note(String)
        /// `source` of an image block.
        case image(JSONView)
        /// A document block with base64 data.
        case file(JSONView)
    }

    private var parts: [Part] = []
    private var hasMedia = false

    var isEmpty: Bool { parts.isEmpty }

    mutating func add(text: UnsafeRawBufferPointer) {
        if !text.isEmpty { parts.append(.text(text)) }
    }

    mutating func add(note: String) { parts.append(.note(note)) }

    mutating func add(_ kind: MessagesTurns.Kind, _ block: JSONView) {
        switch kind {
        case .text: if let text = block["text"]?.text { add(text: text) }
        case .image: addImage(block)
        case .document: addDocument(block)
        case .searchResult: addSearchResult(block)
        case .thinking, .toolUse, .toolResult, .other: break
        }
    }

    /// `source`: `{type: base64, media_type, data}` or `{type: url, url}`; a file's id means nothing elsewhere.
    private mutating func addImage(_ block: JSONView) {
        guard let source = block["source"] else { return }
        if source["data"]?.isString == true || source["url"]?.isString == true {
            parts.append(.image(source))
            hasMedia = true
        } else {
            add(note: "[An image that is not here: its file was uploaded elsewhere.]")
        }
    }

    /// `source`: a text, blocks, or a PDF as base64 or by its address.
    private mutating func addDocument(_ block: JSONView) {
        guard let source = block["source"], let type = source["type"] else { return }
        if type.equals("base64") {
            parts.append(.file(block))
            hasMedia = true
            return
        }
        let title = block["title"]?.string
        if let title { add(note: "Document: \(title)") }
        if let context = block["context"]?.text { add(text: context) }
        if let text = source["data"]?.text ?? source["content"]?.text {
            add(text: text)
        } else if let content = source["content"], content.isArray {
            content.eachElement { inner in
                if inner["type"]?.equals("text") == true { add(.text, inner) }
                if inner["type"]?.equals("image") == true { add(.image, inner) }
            }
        } else {
            add(note: "[A document that is not here: \(source["url"]?.string ?? "its file was uploaded elsewhere").]")
        }
    }

    private mutating func addSearchResult(_ block: JSONView) {
        let title = block["title"]?.string ?? "Search result"
        add(note: block["source"]?.string.map { "\(title) (\($0))" } ?? title)
        block["content"]?.eachElement { if let text = $0["text"]?.text { add(text: text) } }
    }

    /// `"content": …`
    func writeContent(into json: inout JSONBuilder) {
        json.key("content")
        guard hasMedia else { return json.text { writeText(into: &$0) } }
        json.array { json in for part in parts { Self.write(part, into: &json) } }
    }

    /// The texts, an empty line between them; media are left out.
    func writeText(into buffer: inout ByteBuffer) {
        var isFirst = true
        func separate() {
            if !isFirst { buffer.write(#"\n\n"#) }
            isFirst = false
        }
        for part in parts {
            switch part {
            case .text(let text):
                separate()
                buffer.writeBytes(text)
            case .note(let note):
                separate()
                JSONText.escape(note.utf8, into: &buffer)
            case .image, .file: break
            }
        }
    }

    /// Takes the images out of parts that must be text.
    mutating func takeMedia() -> MessagesParts {
        var media = MessagesParts()
        media.hasMedia = hasMedia
        for part in parts {
            switch part {
            case .image, .file: media.parts.append(part)
            case .text, .note: break
            }
        }
        parts.removeAll {
            switch $0 {
            case .image, .file: true
            case .text, .note: false
            }
        }
        hasMedia = false
        return media
    }

    mutating func append(_ other: MessagesParts) {
        parts += other.parts
        hasMedia = hasMedia || other.hasMedia
    }

    private static func write(_ part: Part, into json: inout JSONBuilder) {
        json.object { json in
            switch part {
            case .text(let text):
                json.member("type", "text")
                json.key("text")
                json.text { $0.writeBytes(text) }
            case .note(let note):
                json.member("type", "text")
                json.member("text", note)
            case .image(let source):
                json.member("type", "image_url")
                json.member("image_url") { $0.object { write(image: source, into: &$0) } }
            case .file(let block):
                json.member("type", "file")
                json.member("file") { $0.object { write(file: block, into: &$0) } }
            }
        }
    }

    private static func write(image source: JSONView, into json: inout JSONBuilder) {
        guard let data = source["data"]?.text else { return json.member("url", copying: source["url"]) }
        json.key("url")
        json.text { $0.writeDataURL(source["media_type"]?.text, data, otherwise: "image/png") }
    }

    private static func write(file block: JSONView, into json: inout JSONBuilder) {
        let source = block["source"]
        json.member("filename", block["title"]?.string ?? "document.pdf")
        json.key("file_data")
        json.text { buffer in
            guard let data = source?["data"]?.text else { return }
            buffer.writeDataURL(source?["media_type"]?.text, data, otherwise: "application/pdf")
        }
    }
}

/// A tool's result: `{type: tool_result, tool_use_id, content, is_error}`, its content a text, blocks or nothing.
struct MessagesToolResult {
    private let block: JSONView
    private var parts = MessagesParts()
    private var media = MessagesParts()

    init(_ block: JSONView) {
        self.block = block
        if let content = block["content"] {
            if let text = content.text { parts.add(text: text) }
            content.eachElement { inner in
                guard let type = inner["type"] else { return }
                if type.equals("text") { parts.add(.text, inner) }
                if type.equals("image") { parts.add(.image, inner) }
                if type.equals("document") { parts.add(.document, inner) }
                if type.equals("search_result") { parts.add(.searchResult, inner) }
                if type.equals("tool_reference"), let name = inner["tool_name"]?.string {
                    parts.add(note: "Tool: \(name)")
                }
            }
        }
        media = parts.takeMedia()
    }

    /// Tools answer in text: images follow in the user's message.
    func addImages(to parts: inout MessagesParts) {
        guard !media.isEmpty else { return }
        parts.add(note: "[Returned by the tool call \(block["tool_use_id"]?.string ?? ""):]")
        parts.append(media)
    }

    func write(into json: inout JSONBuilder) {
        json.object { json in
            json.member("role", "tool")
            json.member("tool_call_id", copying: block["tool_use_id"])
            json.key("content")
            json.text { buffer in
                if block["is_error"]?.isTrue == true { buffer.write("Error: ") }
                if parts.isEmpty, !media.isEmpty {
                    buffer.write("[What it returned follows in the next message.]")
                }
                parts.writeText(into: &buffer)
            }
        }
    }
}

extension ByteBuffer {
    /// `data:image/png;base64,…`, of texts of JSON strings.
    fileprivate mutating func writeDataURL(
        _ type: UnsafeRawBufferPointer?,
        _ data: UnsafeRawBufferPointer,
        otherwise: StaticString
    ) {
        write("data:")
        if let type, !type.isEmpty { writeBytes(type) } else { write(otherwise) }
        write(";base64,")
        writeBytes(data)
    }
}
