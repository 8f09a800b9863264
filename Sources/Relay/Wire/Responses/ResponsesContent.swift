import Clients
import NIOCore

/// Contents of messages and of tool outputs, as chat completions have them. Texts are copied as they are written.
enum ResponsesContent {
    /// A message's content: a string where it is one text, else an array of parts.
    static func write(_ message: ResponsesItem.Message, into out: inout ByteBuffer) throws(RequestFault) {
        if message.content.isString { return _ = out.writeBytes(message.content.raw) }
        let parts = try parts(message.content, message.param)
        if parts.isEmpty { return out.write("\"\"") }
        if parts.count == 1, let text = try text(of: parts[0], "\(message.param)[0]") {
            return _ = out.writeBytes(text.raw)
        }
        out.write("[")
        for (place, part) in parts.enumerated() {
            if place > 0 { out.write(",") }
            try write(part, "\(message.param)[\(place)]", into: &out)
        }
        out.write("]")
    }

    /// The texts of a message that has nothing else, as they are written, without quotes.
    static func texts(of message: ResponsesItem.Message) throws(RequestFault) -> [ByteBuffer] {
        if message.content.isString { return [inner(message.content)] }
        var texts: [ByteBuffer] = []
        for (place, part) in try parts(message.content, message.param).enumerated() {
            guard let text = try text(of: part, "\(message.param)[\(place)]") else {
                throw .invalid(
                    param: "\(message.param)[\(place)].type",
                    message: "Invalid value for '\(message.param)[\(place)].type': a system message takes text alone."
                )
            }
            texts.append(inner(text))
        }
        return texts
    }

    /// What a tool said, as the inside of a JSON string. Images are put into `images`, as parts.
    static func write(
        output: ResponsesItem.Output,
        into out: inout ByteBuffer,
        images: inout ByteBuffer
    ) throws(RequestFault) {
        let content = output.content
        if content.isString { return _ = out.writeImmutableBuffer(inner(content)) }
        guard content.isArray else { return JSONText.escape(content.raw, into: &out) }
        var isFirst = true
        for (place, part) in content.elements.enumerated() {
            let param = "\(output.param)[\(place)]"
            _ = try part.checked(.object, param)
            if let text = try text(of: part, param) {
                if !isFirst { out.write("\\n") }
                isFirst = false
                out.writeImmutableBuffer(inner(text))
            } else {
                if images.readableBytes > 0 { images.write(",") }
                try write(part, param, into: &images)
            }
        }
    }

    /// A string's text as it is written, without its quotes.
    static func inner(_ string: JSONView) -> ByteBuffer { ByteBuffer(bytes: string.raw.dropFirst().dropLast()) }

    // MARK: Parts

    private static func parts(_ content: JSONView, _ param: String) throws(RequestFault) -> [JSONView] {
        guard content.isArray else { throw .wrongType(param, "a string or an array of parts", content) }
        let parts = content.elements
        for (place, part) in parts.enumerated() { _ = try part.checked(.object, "\(param)[\(place)]") }
        return parts
    }

    /// The text of a text part, a JSON string; `nil` for other parts.
    private static func text(of part: JSONView, _ param: String) throws(RequestFault) -> JSONView? {
        guard let type = part["type"] else { throw .missing("\(param).type") }
        let text: JSONView?
        if type.equals("input_text") || type.equals("output_text") || type.equals("text")
            || type.equals("summary_text") || type.equals("reasoning_text")
        {
            text = part["text"]
        } else if type.equals("refusal") {
            text = part["refusal"]
        } else {
            return nil
        }
        guard let text else { throw .missing("\(param).text") }
        return try text.checked(.string, "\(param).text")
    }

    private static func write(_ part: JSONView, _ param: String, into out: inout ByteBuffer) throws(RequestFault) {
        if let text = try text(of: part, param) {
            out.write("{\"type\":\"text\",\"text\":")
            out.writeBytes(text.raw)
            out.write("}")
            return
        }
        guard let type = part["type"] else { throw .missing("\(param).type") }
        if type.equals("input_image") || type.equals("image_url") {
            try writeImage(part, param, into: &out)
        } else if type.equals("input_file") || type.equals("file") {
            try writeFile(part, param, into: &out)
        } else if type.equals("input_audio"), let audio = part["input_audio"] {
            out.write("{\"type\":\"input_audio\",\"input_audio\":")
            out.writeBytes(audio.raw)
            out.write("}")
        } else {
            throw .invalid(
                param: "\(param).type",
                message: "Invalid value for '\(param).type': supported values are 'input_text', 'input_image', "
                    + "'input_file', 'input_audio', 'output_text' and 'refusal'."
            )
        }
    }

    private static func writeImage(_ part: JSONView, _ param: String, into out: inout ByteBuffer) throws(RequestFault) {
        // A chat completion's own form has an object there.
        let url = part["image_url"].flatMap { $0.isObject ? $0["url"] : $0 }
        guard let url else {
            throw .invalid(
                param: "\(param).image_url",
                message: "'\(param)' needs an 'image_url', an address or a data URL: files are not kept here."
            )
        }
        _ = try url.checked(.string, "\(param).image_url")
        out.write("{\"type\":\"image_url\",\"image_url\":{\"url\":")
        out.writeBytes(url.raw)
        let detail = part["detail"] ?? part["image_url"]?["detail"]
        if let detail, detail.equals("low") || detail.equals("high") {
            out.write(",\"detail\":")
            out.writeBytes(detail.raw)
        }
        out.write("}}")
    }

    private static func writeFile(_ part: JSONView, _ param: String, into out: inout ByteBuffer) throws(RequestFault) {
        let file = part["file"] ?? part
        guard let data = file["file_data"] else {
            throw .invalid(
                param: "\(param).file_data",
                message: "'\(param)' needs its 'file_data': files are not kept here, nor fetched."
            )
        }
        _ = try data.checked(.string, "\(param).file_data")
        out.write("{\"type\":\"file\",\"file\":{\"file_data\":")
        out.writeBytes(data.raw)
        if let name = file["filename"] {
            out.write(",\"filename\":")
            out.writeBytes(name.raw)
        }
        out.write("}}")
    }
}
