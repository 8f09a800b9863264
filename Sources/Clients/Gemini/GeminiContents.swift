import NIOCore

/// Makes turns of messages: one after the other of user and model, results of functions in a turn of their own behind
/// the turn that called them, none of them empty.
struct GeminiContents {
    let model: GeminiModel
    let memory: GeminiMemory
    private(set) var turns: [GeminiTurn] = []
    var system: [GeminiPart] = []
    /// Calls of the last model turn that have no result yet, in their order.
    private var open: [(id: JSONView?, key: String, name: String)] = []
    /// Where the call of an id stands in `open`.
    private var places: [String: Int] = [:]
    /// Results that came, by their call's id.
    private var results: [String: JSONView] = [:]

    /// Stands for a signature that nobody knows: of a call that another model made, or long ago
    /// (ai.google.dev/gemini-api/docs/thought-signatures).
    static let unknownSignature = "skip_thought_signature_validator"

    init(model: GeminiModel, memory: GeminiMemory) {
        self.model = model
        self.memory = memory
    }

    mutating func take(_ message: JSONView) throws(DialectFault) {
        let role = message["role"]?.string ?? "user"
        switch role {
        case "system", "developer":
            system += try parts(of: message["content"])
        case "assistant", "model":
            try takeAnswer(message)
        case "tool", "function":
            takeResult(message)
        default:
            let parts = try parts(of: message["content"])
            guard !parts.isEmpty else { return }
            closeCalls()
            append(parts, as: .user)
        }
    }

    mutating func finish() {
        closeCalls()
        // Some models have no system's words, and where nobody else says anything they are the question.
        if model.isGemma || turns.isEmpty, !system.isEmpty {
            if turns.first?.role == .user, turns.first?.isResults == false {
                turns[0].parts.insert(contentsOf: system, at: 0)
            } else {
                turns.insert(GeminiTurn(role: .user, parts: system), at: 0)
            }
            system = []
        }
        if turns.first?.role != .user { turns.insert(GeminiTurn(role: .user, parts: [.written(" ")]), at: 0) }
    }

    private mutating func append(_ parts: [GeminiPart], as role: GeminiTurn.Role) {
        if let last = turns.indices.last, turns[last].role == role, !turns[last].isResults {
            turns[last].parts += parts
        } else {
            turns.append(GeminiTurn(role: role, parts: parts))
        }
    }

    // MARK: The model's turns

    private mutating func takeAnswer(_ message: JSONView) throws(DialectFault) {
        var parts = try parts(of: message["content"])
        if let signature = Self.signature(in: message), case .text(let text, nil)? = parts.last {
            parts[parts.count - 1] = .text(text, signature: signature)
        }
        let calls = (message["tool_calls"]?.elements ?? []).filter { $0["function"]?["name"]?.isString == true }
        guard !parts.isEmpty || !calls.isEmpty else { return }
        closeCalls()
        // What was called before has been answered: this is another step.
        if calls.isEmpty || turns.last?.parts.contains(where: \.isCall) != true { append(parts, as: .model) }
        var written: [GeminiPart] = []
        for (place, call) in calls.enumerated() {
            let id = call["id"].flatMap { $0.isString ? $0 : nil }
            let key = id?.string ?? "\(turns.count).\(place)"
            let name = GeminiTools.name(call["function"]?["name"]?.string ?? "", memory: memory)
            var signature = Self.signature(in: call) ?? memory.signature(for: key)
            if signature == nil, place == 0, model.wantsSignatures { signature = Self.unknownSignature }
            written.append(.call(id: id, name: name, arguments: call["function"]?["arguments"], signature: signature))
            if places[key] == nil { places[key] = open.count }
            open.append((id, key, name))
        }
        append(written, as: .model)
    }

    private static func signature(in value: JSONView) -> String? {
        value["extra_content"]?["google"]?["thought_signature"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: Results

    private mutating func takeResult(_ message: JSONView) {
        let id = message["tool_call_id"]?.string ?? message["name"]?.string ?? ""
        if let place = places[id] ?? open.firstIndex(where: { $0.id == nil && $0.name == id }) {
            results[open[place].key] = message["content"] ?? message
        } else if let text = message["content"], text.isString, text.raw.count > 2 {
            // Its call was left out of the history: what it says is still worth knowing.
            closeCalls()
            append([.text(text, signature: nil)], as: .user)
        }
    }

    /// Each call is answered, in the order of the calls: Gemini refuses a history with more of one than of the other.
    private mutating func closeCalls() {
        guard !open.isEmpty else { return }
        let parts = open.map { call in
            GeminiPart.response(id: call.id, name: call.name, content: results[call.key])
        }
        turns.append(GeminiTurn(role: .user, parts: parts, isResults: true))
        open = []
        places = [:]
        results = [:]
    }

    // MARK: Content

    private func parts(of content: JSONView?) throws(DialectFault) -> [GeminiPart] {
        guard let content else { return [] }
        if content.isString { return content.raw.count > 2 ? [.text(content, signature: nil)] : [] }
        var parts: [GeminiPart] = []
        for part in content.elements {
            if let written = try GeminiPart(part) { parts.append(written) }
        }
        return parts
    }
}

extension GeminiPart {
    var isCall: Bool { if case .call = self { true } else { false } }

    /// A part of a chat completion's content; `nil` where it says nothing.
    init?(_ part: JSONView) throws(DialectFault) {
        if part.isString {
            guard part.raw.count > 2 else { return nil }
            self = .text(part, signature: nil)
            return
        }
        switch part["type"]?.string {
        case "text"?, "refusal"?, "input_text"?, "output_text"?, nil:
            guard let text = part["text"] ?? part["refusal"], text.isString, text.raw.count > 2 else { return nil }
            self = .text(text, signature: nil)
        case "image_url"?, "input_image"?:
            let image = part["image_url"]
            guard let url = image.flatMap({ $0.isString ? $0 : $0["url"] }), url.isString else {
                throw .cannotSay("an image without a URL")
            }
            self = try Self.media(url, or: "image/png")
        case "input_audio"?:
            guard let audio = part["input_audio"], let data = audio["data"], data.isString else {
                throw .cannotSay("audio without data")
            }
            let type = "audio/" + (audio["format"]?.string ?? "wav")
            self = data.isDataURL ? try Self.media(data, or: type) : .data(type: type, base64: data.content)
        case "file"?:
            guard let data = part["file"]?["file_data"], data.isString else { throw .cannotSay("a file without data") }
            self =
                data.isDataURL
                ? try Self.media(data, or: "application/pdf") : .data(type: "application/pdf", base64: data.content)
        case let other?:
            throw .cannotSay("a part of type \(other)")
        }
    }

    /// `data:image/png;base64,…`, or a file that Google keeps.
    private static func media(_ url: JSONView, or type: String) throws(DialectFault) -> GeminiPart {
        if !url.isDataURL {
            guard let text = url.string, text.hasPrefix("https://generativelanguage.googleapis.com/") else {
                throw .cannotSay("a file by its URL")
            }
            return .file(url)
        }
        let content = url.content
        guard let comma = content.firstIndex(of: UInt8(ascii: ",")) else { throw .cannotSay("a data URL without data") }
        // Slashes may be written as escapes.
        let head = String(decoding: content[5..<comma], as: UTF8.self).filter { $0 != "\\" }
        let words = head.split(separator: ";", omittingEmptySubsequences: false)
        guard words.last == "base64" else { throw .cannotSay("a data URL that is not base64") }
        let named = words.first.map { $0.lowercased() } ?? ""
        let data = UnsafeRawBufferPointer(rebasing: content[(comma + 1)...])
        guard !data.isEmpty else { throw .cannotSay("a data URL without data") }
        return .data(type: named.isEmpty || named == "base64" ? type : Self.knownTypes[named] ?? named, base64: data)
    }

    private static let knownTypes = ["image/jpg": "image/jpeg", "audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav"]
}

extension JSONView {
    fileprivate var isDataURL: Bool { content.starts(with: "data:".utf8) }
}
