import Clients
import NIOCore

/// How a request in Anthropic's words is written for a provider that speaks them too: the client's own bytes with splices.
///
/// Thinking and its signatures, `cache_control`, server tools and members that Relay does not know go through as they are.
struct MessagesRendering {
    private let document: JSONView
    private let route: Route
    private let prompt: PromptEdits
    private var edits = ByteEdits()
    /// What the route has refused before.
    private let refused: RefusedMembers?
    /// Members that are put in front of the client's, each with its comma.
    private var added = ""

    static func request(
        _ original: ClientOriginal,
        for route: Route,
        edits prompt: PromptEdits,
        behind head: ByteBuffer
    ) throws(DialectFault) -> UpstreamRequest {
        let request: UpstreamRequest? = original.body.withUnsafeReadableBytes { bytes in
            // It was read when it came.
            guard let document = try? JSONView(document: bytes) else { return nil }
            var rendering = MessagesRendering(document: document, route: route, prompt: prompt)
            var edits = rendering.run(original.origins)
            return UpstreamRequest(
                head: head,
                bodyLength: bytes.count + edits.growth,
                writeBody: { edits.apply(to: original.body, into: &$0) }
            )
        }
        guard let request else { throw .cannotSay("the request is no JSON") }
        return request
    }

    private init(document: JSONView, route: Route, prompt: PromptEdits) {
        (self.document, self.route, self.prompt) = (document, route, prompt)
        refused = route.experience.refused
    }

    private mutating func run(_ origins: [ClientOriginal.Origin]) -> ByteEdits {
        let members = document.members.map { JSONMember(key: $0.key, value: $0.value.span) }
        // Of a member that comes again the last one counts.
        func last(_ name: StaticString) -> JSONView? {
            members.last { isNamed($0, name) && $0.value.kind != .null }.map { JSONView(document.bytes, $0.value) }
        }
        let messages = last("messages").map { MessagesSplices($0, origins, prompt) }
        // A turn that its tools call back must begin with the thoughts it had; another provider's are none.
        let stopsThinking = messages?.lacksThoughts == true && last("thinking")?["type"]?.equals("enabled") == true
        let leftOut = members.map { isLeftOut($0, stopsThinking: stopsThinking) }
        edits.remove({ leftOut[$0] }, of: members.count, at: { members[$0].range })
        var system: JSONView?
        for (place, member) in members.enumerated() where !leftOut[place] {
            if isNamed(member, "model") {
                edits.replace(member.value.range, with: route.modelJSON)
            } else if isNamed(member, "max_tokens") {
                editMaxTokens(member.value)
            } else if isNamed(member, "system") {
                system = JSONView(document.bytes, member.value)
            }
        }
        edit(system: system, shortened: shortenedSystem(origins))
        messages?.apply(to: &edits)
        if !added.isEmpty { edits.insert(added, at: document.span.range.lowerBound + 1) }
        return edits
    }

    private func isNamed(_ member: JSONMember, _ name: StaticString) -> Bool { document.isNamed(member.key, name) }

    private func isLeftOut(_ member: JSONMember, stopsThinking: Bool) -> Bool {
        if member.value.kind == .null { return true }
        switch member.key.range.count {
        case 6 where isNamed(member, "stream"): return route.quirks.noStreaming
        case 8 where isNamed(member, "thinking"): return stopsThinking
        case 10 where isNamed(member, "model_type") || isNamed(member, "model_name"): return true
        case 11 where isNamed(member, "model_scale"): return true
        // Its rules for thinking are refused where there is none.
        case 18 where isNamed(member, "context_management"): return stopsThinking
        default:
            let dropped = route.quirks.dropParameters
            guard !dropped.isEmpty || refused != nil else { return false }
            let name = JSONText.string(document.bytes, member.key)
            return dropped.contains(name) || name != "max_tokens" && refused?.contains(name) == true
        }
    }

    private mutating func editMaxTokens(_ value: JSONValueSpan) {
        guard let most = prompt.maxTokens, let asked = JSONKey.integer(document.bytes, value), most < asked else {
            return
        }
        edits.replace(value.range, with: String(most))
    }

    // MARK: System

    private func shortenedSystem(_ origins: [ClientOriginal.Origin]) -> String? {
        guard !prompt.shortened.isEmpty, origins.first?.part == .system else { return nil }
        return prompt.shortened[0]
    }

    /// What is added to the system text is a last block of their own: what stands before it stays as it is in Anthropic's
    /// cache.
    private mutating func edit(system: JSONView?, shortened: String?) {
        var blocks: [[UInt8]] = []
        if let shortened { blocks.append(JSONFragment(shortened).bytes) }
        if let text = prompt.systemText { blocks.append(text.bytes) }
        guard !blocks.isEmpty else { return }
        let text = blocks.map { #"{"type":"text","text":""# + String(decoding: $0, as: UTF8.self) + #""}"# }
            .joined(separator: ",")
        guard let system else { return added += #""system":[\#(text)],"# }
        let range = system.span.range
        if shortened != nil || !system.isArray && !system.hasText {
            edits.replace(range, with: "[\(text)]")
        } else if system.isArray {
            edits.insert((system.first == nil ? "" : ",") + text, at: range.upperBound - 1)
        } else {
            edits.insert(#"[{"type":"text","text":"#, at: range.lowerBound)
            edits.insert("},\(text)]", at: range.upperBound)
        }
    }
}
