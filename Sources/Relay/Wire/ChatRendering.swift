import Clients
import NIOCore

extension ChatRequest {
    /// The body for one candidate, in pieces: the client's own bytes with splices.
    func rendered(for route: Route, edits: PromptEdits) -> [ByteBuffer] {
        body.withUnsafeReadableBytes { bytes in
            var rendering = ChatRendering(bytes, request: self, route: route, prompt: edits)
            return rendering.run()
        }
    }
}

/// How a chat completion request is written for an OpenAI-compatible provider.
///
/// Every change is a splice; a member that is left out is not edited as well, so splices never overlap.
struct ChatRendering {
    private let bytes: UnsafeRawBufferPointer
    private let request: ChatRequest
    private let prompt: PromptEdits
    private let route: Route
    private let quirks: Quirks
    private var edits = ByteEdits()
    /// Members that are put in front of the client's.
    private var added: [String] = []

    /// Members that are Relay's own and go to nobody else.
    private static let ownMembers: [StaticString] = ["model_type", "model_scale", "model_name"]

    init(_ bytes: UnsafeRawBufferPointer, request: ChatRequest, route: Route, prompt: PromptEdits) {
        self.bytes = bytes
        self.request = request
        self.route = route
        self.prompt = prompt
        quirks = route.provider.quirks
    }

    mutating func run() -> [ByteBuffer] {
        let isLeftOut = request.members.map { self.isLeftOut($0) }
        edits.remove({ isLeftOut[$0] }, from: request.members.map(\.range))
        for (place, member) in request.members.enumerated() where !isLeftOut[place] { edit(member) }
        addMembers()
        editMessages()
        if !added.isEmpty, let brace = bytes.firstIndex(of: UInt8(ascii: "{")) {
            edits.insert(added.joined(separator: ",") + ",", at: brace + 1)
        }
        return edits.applied(to: request.body)
    }

    // MARK: Top-level members

    private var streams: Bool { request.wantsStream && !quirks.noStreaming }

    private func isLeftOut(_ member: JSONMember) -> Bool {
        if member.value.kind == .null { return true }
        if named(member, "stream_options") { return true }
        if named(member, "stream") { return !streams }
        if Self.ownMembers.contains(where: { named(member, $0) }) { return true }
        return !quirks.dropParameters.isEmpty && quirks.dropParameters.contains(name(of: member))
    }

    private func named(_ member: JSONMember, _ name: StaticString) -> Bool { JSONKey.equals(bytes, member.key, name) }

    private func name(of member: JSONMember) -> String { JSONText.string(bytes, member.key) }

    private mutating func edit(_ member: JSONMember) {
        if named(member, "model") {
            edits.replace(member.value.range, with: route.modelJSON)
        } else if named(member, "max_tokens") || named(member, "max_completion_tokens") {
            editMaxTokens(member)
        } else if named(member, "tools"), !quirks.dropSchemaKeys.isEmpty {
            SchemaKeys.remove(quirks.dropSchemaKeys, in: member.value, of: bytes, &edits)
        } else if named(member, "response_format"), quirks.jsonObjectAsSchema, request.responseFormat == .jsonObject {
            edits.replace(
                member.value.range,
                with: #"{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#
            )
        }
        if !quirks.renameParameters.isEmpty, let theirs = quirks.renameParameters[name(of: member)] {
            edits.replace(member.key.range, with: theirs)
        }
    }

    private mutating func editMaxTokens(_ member: JSONMember) {
        guard let asked = JSONKey.integer(bytes, member.value) else { return }
        let sent = max(min(asked, prompt.maxTokens ?? asked), quirks.minMaxTokens ?? 0)
        if sent != asked { edits.replace(member.value.range, with: String(sent)) }
    }

    private mutating func addMembers() {
        let sent = request.members.filter { !isLeftOut($0) }
        if !sent.contains(where: { named($0, "max_tokens") || named($0, "max_completion_tokens") }),
            let most = prompt.maxTokens ?? (request.maxTokens == nil ? quirks.defaultMaxTokens : nil)
        {
            added.append("\"max_tokens\":\(most)")
        }
        if streams, !quirks.dropParameters.contains("stream_options") { added.append(streamOptions()) }
        if request.tools != nil, !quirks.setWithTools.isEmpty {
            let names = Set(sent.map { name(of: $0) })
            for (name, value) in quirks.setWithTools.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
                added.append("\(JSONText.quoted(name)):\(value)")
            }
        }
    }

    /// Usage is always asked for in a stream: it settles the quota. What else the client said stays.
    private func streamOptions() -> String {
        var options = ["\"include_usage\":true"]
        if let own = request.member("stream_options"), own.value.kind == .object {
            var scanner = JSONScanner(bytes)
            scanner.position = own.value.range.lowerBound
            do throws(JSONFault) {
                try scanner.enterObject()
                var isFirst = true
                while let key = try scanner.nextKey(&isFirst) {
                    let member = JSONMember(key: key, value: try scanner.value())
                    guard !named(member, "include_usage") else { continue }
                    options.append(String(decoding: bytes[member.range], as: UTF8.self))
                }
            } catch {
                // It was scanned when the request was read: it cannot be malformed now.
                assertionFailure("\(error)")
            }
        }
        return "\"stream_options\":{\(options.joined(separator: ","))}"
    }

    // MARK: Messages

    private mutating func editMessages() {
        let hasQuirks = quirks.flatContent || quirks.nullContentAsEmpty || quirks.strictMessages
        guard hasQuirks || prompt.touchesMessages else { return }
        let dropped = prompt.dropped
        edits.remove({ dropped.contains($0) }, from: request.messages.map(\.range))
        let addition: JSONFragment? =
            switch (prompt.summary, prompt.styleDirective) {
            case (let one?, let other?): .joined([one, other])
            case (let one?, nil), (nil, let one?): one
            case (nil, nil): nil
            }
        // To the client's first system message, or as a message of its own before all others: many models' templates
        // take a system message at the beginning and nowhere else.
        let system = addition == nil ? nil : request.messages.firstIndex { $0.role == .system && $0.hasContent }
        if let addition, system == nil { addMessage(addition) }
        guard hasQuirks || !prompt.shortened.isEmpty else {
            if let system { editMessage(system, appending: addition) }
            return
        }
        for place in request.messages.indices where !dropped.contains(place) {
            editMessage(place, appending: place == system ? addition : nil)
        }
    }

    private mutating func editMessage(_ place: Int, appending addition: JSONFragment?) {
        MessageEdits(bytes: bytes, message: request.messages[place], quirks: quirks)
            .apply(shortened: prompt.shortened[place], appending: addition, to: &edits)
    }

    private mutating func addMessage(_ text: JSONFragment) {
        guard let first = request.messages.indices.first(where: { !prompt.dropped.contains($0) }) else { return }
        let pieces = [Array(#"{"role":"system","content":""#.utf8), text.bytes, Array(#""},"#.utf8)]
        edits.insert(pieces, at: request.messages[first].range.lowerBound)
    }
}
