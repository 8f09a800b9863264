import Clients
import NIOCore

extension ChatRequest {
    /// The call that one candidate is sent: the client's own bytes with splices, behind the route's head, and in the
    /// provider's own words where it has a dialect that is not the client's.
    func rendered(
        for route: Route,
        edits prompt: consuming PromptEdits,
        by dialing: Dialing,
        facts: CallFacts,
        images: ImageInlining.State? = nil,
        in buffers: BufferRing? = nil
    ) throws(DialectFault) -> UpstreamRequest {
        if let original, let native = dialing.native, native.wire == original.wire {
            let head = native.head(facts)
            return try MessagesRendering.request(original, for: route, edits: prompt, behind: head)
        }
        let streams = wantsStream && !route.quirks.noStreaming
        let head = streams ? dialing.heads.stream : dialing.heads.whole
        guard let dialect = dialing.dialect, !dialect.takesChat else {
            return spliced(for: route, edits: prompt, behind: head, in: buffers)
        }
        var chat = spliced(for: route, edits: prompt, behind: ByteBuffer(), hasDialect: true).body
        if !dialect.takesImageURLs, case .fetched(let images)? = images {
            chat = ImageInlining.inline(images, into: chat)
        }
        return UpstreamRequest(head: head, body: try dialect.request(chat))
    }

    func spliced(
        for route: Route,
        edits prompt: consuming PromptEdits,
        behind head: ByteBuffer,
        in buffers: BufferRing? = nil,
        hasDialect: Bool = false
    ) -> UpstreamRequest {
        var rendering = ChatRendering(
            self,
            for: route,
            prompt,
            hints: origin != .translated || hasDialect ? nil : TranslatedHints(for: route)
        )
        body.withUnsafeReadableBytes { rendering.run(over: $0) }
        var edits = rendering.finish()
        return UpstreamRequest(
            head: head,
            bodyLength: body.readableBytes + edits.growth,
            in: buffers,
            writeBody: { edits.apply(to: body, into: &$0) }
        )
    }
}

/// How a chat completion request is written for an OpenAI-compatible provider.
///
/// Every change is a splice; a member that is left out is not edited as well, so splices never overlap.
struct ChatRendering: ~Copyable {
    /// The client's, while it runs.
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private let request: ChatRequest
    private let prompt: PromptEdits
    private let route: Route
    /// What of a translated request goes to this route.
    private let hints: TranslatedHints?
    private var edits = ByteEdits()
    /// Members that are put in front of the client's, each with its comma.
    private var added = ""

    private var quirks: Quirks { route.quirks }
    /// What the route has refused before.
    private let refused: RefusedMembers?
    /// Both `max_tokens` and `max_completion_tokens` are there.
    private let saysMaxTokensTwice: Bool

    init(_ request: ChatRequest, for route: Route, _ prompt: consuming PromptEdits, hints: TranslatedHints? = nil) {
        self.hints = hints
        self.request = request
        self.route = route
        self.prompt = prompt
        refused = route.experience.refused
        saysMaxTokensTwice =
            refused != nil && request.member(.maxTokens) != nil && request.member(.maxCompletionTokens) != nil
    }

    /// Finds all that is to be changed in a request's bytes.
    mutating func run(over bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        let members = request.members
        var removals = ByteEdits()
        removals.reserve(edits: 8, bytes: 256 + (prompt.styleDirective?.bytes.count ?? 0))
        removals.remove({ isLeftOut(members[$0]) }, of: members.count, at: { members[$0].range })
        edits = removals
        let looksAtAll = !quirks.renameParameters.isEmpty || !quirks.reasoningEfforts.isEmpty
        for member in members where member.name != .other || looksAtAll {
            if !isLeftOut(member) { edit(member) }
        }
        addMembers()
        editMessages()
        if !added.isEmpty, let brace = bytes.firstIndex(of: UInt8(ascii: "{")) { edits.insert(added, at: brace + 1) }
    }

    /// What was found.
    consuming func finish() -> ByteEdits { edits }

    // MARK: Top-level members

    /// What makes the provider search the web, where it is to.
    private var search: Quirks.WebSearch? { prompt.searchesWeb ? quirks.webSearch : nil }

    private var streams: Bool { request.wantsStream && !quirks.noStreaming }

    private func isLeftOut(_ member: ChatRequest.Member) -> Bool {
        if member.value.kind == .null { return true }
        switch member.name {
        case .streamOptions, .modelType, .modelScale, .modelName: return true
        case .stream where !streams: return true
        // Ours stand in their place.
        case .tools where request.tools == nil && search?.tools.isEmpty == false: return true
        case _ where search?.set[name(of: member)] != nil: return true
        case .other where hints?.leavesOut(member.key, bytes) == true,
            .reasoningEffort where hints?.leavesOut(member.key, bytes) == true:
            return true
        default: return isRefused(member)
        }
    }

    private func isRefused(_ member: ChatRequest.Member) -> Bool {
        guard
            !quirks.dropParameters.isEmpty || !quirks.setParameters.isEmpty || !quirks.reasoningEfforts.isEmpty
                || refused != nil
        else { return false }
        let name = name(of: member)
        if quirks.dropParameters.contains(name) || quirks.setParameters[name] != nil { return true }
        if name == "reasoning_effort", !quirks.reasoningEfforts.isEmpty, effort(member) == nil { return true }
        guard let refused, refused.contains(name) else { return false }
        guard let other = Self.otherName(of: member.name) else { return true }
        // It goes by its other name, unless that is there itself, or no better.
        return saysMaxTokensTwice || refused.contains(other)
    }

    /// `max_tokens` and `max_completion_tokens` say the same.
    private static func otherName(of name: ChatRequest.Member.Name) -> String? {
        switch name {
        case .maxTokens: "max_completion_tokens"
        case .maxCompletionTokens: "max_tokens"
        default: nil
        }
    }

    private func effort(_ member: ChatRequest.Member) -> String? {
        member.value.text.flatMap { quirks.effort(for: JSONText.string(bytes, $0)) }
    }

    private func name(of member: ChatRequest.Member) -> String { JSONText.string(bytes, member.key) }

    private mutating func edit(_ member: ChatRequest.Member) {
        switch member.name {
        case .model:
            edits.replace(member.value.range, with: route.modelJSON)
        case .maxTokens, .maxCompletionTokens:
            editMaxTokens(member)
        case .tools:
            if !quirks.dropSchemaKeys.isEmpty {
                SchemaKeys.remove(quirks.dropSchemaKeys, in: member.value, of: bytes, &edits)
            }
            for tool in search?.tools ?? [] { edits.insert("," + tool, at: member.value.range.upperBound - 1) }
        case .responseFormat where quirks.jsonObjectAsSchema && request.responseFormat == .jsonObject:
            edits.replace(
                member.value.range,
                with: #"{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#
            )
        case .reasoningEffort where !quirks.reasoningEfforts.isEmpty:
            if let effort = effort(member) { edits.replace(member.value.range, with: JSONText.quoted(effort)) }
        default:
            break
        }
        if let other = Self.otherName(of: member.name), refused?.contains(name(of: member)) == true {
            edits.replace(member.key.range, with: other)
        } else if !quirks.renameParameters.isEmpty, let theirs = quirks.renameParameters[name(of: member)] {
            edits.replace(member.key.range, with: theirs)
        }
    }

    private mutating func editMaxTokens(_ member: ChatRequest.Member) {
        guard let asked = JSONKey.integer(bytes, member.value) else { return }
        let sent = max(min(asked, prompt.maxTokens ?? asked), quirks.minMaxTokens ?? 0)
        if sent != asked { edits.replace(member.value.range, with: String(sent)) }
    }

    private mutating func addMembers() {
        let sendsMaxTokens = request.members.contains { member in
            (member.name == .maxTokens || member.name == .maxCompletionTokens) && !isLeftOut(member)
        }
        if !sendsMaxTokens, let most = prompt.maxTokens ?? (request.maxTokens == nil ? quirks.defaultMaxTokens : nil) {
            let name = refused?.contains("max_tokens") == true ? "max_completion_tokens" : "max_tokens"
            if refused?.contains(name) != true { added += "\"\(name)\":\(most)," }
        }
        if streams, !quirks.dropParameters.contains("stream_options"), refused?.contains("stream_options") != true {
            addStreamOptions()
        }
        if !quirks.setParameters.isEmpty {
            for (name, value) in quirks.setParameters.sorted(by: { $0.key < $1.key })
            where refused?.contains(name) != true {
                added += "\(JSONText.quoted(name)):\(value),"
            }
        }
        if let search {
            for (name, value) in search.set.sorted(by: { $0.key < $1.key }) {
                added += "\(JSONText.quoted(name)):\(value),"
            }
            if request.tools == nil, !search.tools.isEmpty {
                added += "\"tools\":[\(search.tools.joined(separator: ","))],"
            }
        }
        if request.tools != nil, !quirks.setWithTools.isEmpty {
            let names = Set(request.members.filter { !isLeftOut($0) }.map { name(of: $0) })
            for (name, value) in quirks.setWithTools.sorted(by: { $0.key < $1.key })
            where !names.contains(name) && refused?.contains(name) != true {
                added += "\(JSONText.quoted(name)):\(value),"
            }
        }
    }

    /// Usage is always asked for in a stream: it settles the quota. What else the client said stays.
    private mutating func addStreamOptions() {
        added += #""stream_options":{"include_usage":true"#
        if let own = request.member(.streamOptions), own.value.kind == .object {
            var scanner = JSONScanner(bytes)
            scanner.position = own.value.range.lowerBound
            do throws(JSONFault) {
                try scanner.enterObject()
                var isFirst = true
                while let key = try scanner.nextKey(&isFirst) {
                    let member = JSONMember(key: key, value: try scanner.value())
                    guard !JSONKey.equals(bytes, key, "include_usage") else { continue }
                    added += "," + String(decoding: bytes[member.range], as: UTF8.self)
                }
            } catch {
                // It was scanned when the request was read: it cannot be malformed now.
                assertionFailure("\(error)")
            }
        }
        added += "},"
    }

    // MARK: Messages

    private mutating func editMessages() {
        let hasQuirks = quirks.flatContent || quirks.nullContentAsEmpty || strictMessages
        guard hasQuirks || prompt.touchesMessages else { return }
        let dropped = prompt.dropped
        let messages = request.messages
        if !dropped.isEmpty {
            edits.remove({ dropped.contains($0) }, of: messages.count, at: { messages[$0].range })
        }
        let addition = prompt.systemText
        // To the client's first system message, or as a message of its own before all others: many models' templates
        // take a system message at the beginning and nowhere else.
        let system = addition == nil ? nil : messages.firstIndex { $0.role == .system && $0.hasContent }
        if let addition, system == nil { addMessage(addition) }
        guard hasQuirks || !prompt.shortened.isEmpty else {
            if let system { editMessage(system, appending: addition) }
            return
        }
        for place in messages.indices where !dropped.contains(place) {
            editMessage(place, appending: place == system ? addition : nil)
        }
    }

    private var strictMessages: Bool { quirks.strictMessages || refused?.strictMessages == true }

    private mutating func editMessage(_ place: Int, appending addition: JSONFragment?) {
        MessageEdits(bytes: bytes, message: request.messages[place], route: route, isStrict: strictMessages)
            .apply(shortened: prompt.shortened[place], appending: addition, to: &edits)
    }

    private mutating func addMessage(_ text: JSONFragment) {
        guard let first = request.messages.indices.first(where: { !prompt.dropped.contains($0) }) else { return }
        let place = request.messages[first].range.lowerBound
        edits.insert(#"{"role":"system","content":""#, at: place)
        edits.insert(text.bytes, at: place)
        edits.insert(#""},"#, at: place)
    }
}

extension ChatRequest {
    /// The names of all members that go up to a provider with these quirks.
    func sentMembers(quirks: Quirks) -> Set<String> {
        var names = body.withUnsafeReadableBytes { bytes in
            Set(members.filter { $0.value.kind != .null }.map { JSONText.string(bytes, $0.key) })
        }
        names.subtract(quirks.dropParameters)
        if wantsStream { names.insert("stream_options") }
        if tools != nil { names.formUnion(quirks.setWithTools.keys) }
        return names.union(quirks.setParameters.keys).union(["max_tokens"])
    }
}
