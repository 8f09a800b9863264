import Clients
import NIOCore

/// How a chat completion request is written for an OpenAI-compatible provider: the client's own bytes with splices.
extension ChatRequest {
    /// Members that are Relay's own and go to nobody else.
    private static let ownMembers: [StaticString] = ["model_type", "model_scale", "model_name"]

    /// The body for one candidate, in pieces.
    func rendered(for route: Route, edits prompt: PromptEdits) -> [ByteBuffer] {
        body.withUnsafeReadableBytes { bytes in
            var edits = ByteEdits()
            var added: [String] = []
            editMembers(bytes, route, &edits, &added)
            editMaxTokens(bytes, route.provider.quirks, prompt.maxTokens, &edits, &added)
            editStreaming(bytes, route.provider.quirks, &edits, &added)
            if tools != nil {
                for (name, value) in route.provider.quirks.setWithTools.sorted(by: { $0.key < $1.key })
                where !members.contains(where: { Self.named(bytes, $0, name) && $0.value.kind != .null }) {
                    added.append("\(JSONText.quoted(name)):\(value)")
                }
            }
            editMessages(bytes, route.provider.quirks, prompt, &edits)
            if !added.isEmpty, let brace = bytes.firstIndex(of: UInt8(ascii: "{")) {
                edits.insert(added.joined(separator: ",") + ",", at: brace + 1)
            }
            return edits.applied(to: body)
        }
    }

    private static func named(_ bytes: UnsafeRawBufferPointer, _ member: JSONMember, _ name: String) -> Bool {
        JSONText.string(bytes, member.key) == name
    }

    // MARK: Top-level members

    private func editMembers(
        _ bytes: UnsafeRawBufferPointer,
        _ route: Route,
        _ edits: inout ByteEdits,
        _ added: inout [String]
    ) {
        let quirks = route.provider.quirks
        let isUsageImplied = wantsStream && !quirks.noStreaming
        edits.remove(
            { place in
                let member = members[place]
                if member.value.kind == .null { return true }
                if Self.ownMembers.contains(where: { JSONKey.equals(bytes, member.key, $0) }) { return true }
                if JSONKey.equals(bytes, member.key, "stream_options") { return true }
                if JSONKey.equals(bytes, member.key, "stream") { return !isUsageImplied }
                guard !quirks.dropParameters.isEmpty else { return false }
                let name = JSONText.string(bytes, member.key)
                return quirks.dropParameters.contains(name)
            },
            from: members.map(\.range)
        )
        for member in members where member.value.kind != .null {
            if JSONKey.equals(bytes, member.key, "model") {
                edits.replace(member.value.range, with: route.modelJSON)
            } else if !quirks.renameParameters.isEmpty,
                let theirs = quirks.renameParameters[JSONText.string(bytes, member.key)]
            {
                edits.replace(member.key.range, with: theirs)
            } else if JSONKey.equals(bytes, member.key, "tools"), !quirks.dropSchemaKeys.isEmpty {
                SchemaKeys.remove(quirks.dropSchemaKeys, in: member.value, of: bytes, &edits)
            }
        }
    }

    /// Usage is always asked for in a stream: it settles the quota. What else the client said in `stream_options`
    /// stays.
    private func editStreaming(
        _ bytes: UnsafeRawBufferPointer,
        _ quirks: Quirks,
        _ edits: inout ByteEdits,
        _ added: inout [String]
    ) {
        guard wantsStream, !quirks.noStreaming, !quirks.dropParameters.contains("stream_options") else { return }
        var options = ["\"include_usage\":true"]
        if let own = member("stream_options"), own.value.kind == .object {
            var scanner = JSONScanner(bytes)
            scanner.position = own.value.range.lowerBound
            do throws(JSONFault) {
                try scanner.enterObject()
                var isFirst = true
                while let key = try scanner.nextKey(&isFirst) {
                    let value = try scanner.value()
                    guard !JSONKey.equals(bytes, key, "include_usage") else { continue }
                    let member = JSONMember(key: key, value: value)
                    options.append(String(decoding: bytes[member.range], as: UTF8.self))
                }
            } catch {
                // It was scanned when the request was read: it cannot be malformed now.
                assertionFailure("\(error)")
            }
        }
        added.append("\"stream_options\":{\(options.joined(separator: ","))}")
    }

    private func editMaxTokens(
        _ bytes: UnsafeRawBufferPointer,
        _ quirks: Quirks,
        _ lowered: Int?,
        _ edits: inout ByteEdits,
        _ added: inout [String]
    ) {
        if let lowered {
            var isSet = false
            for member in members where member.value.kind == .number {
                if JSONKey.equals(bytes, member.key, "max_tokens")
                    || JSONKey.equals(bytes, member.key, "max_completion_tokens")
                {
                    edits.replace(member.value.range, with: String(lowered))
                    isSet = true
                }
            }
            if !isSet { added.append("\"max_tokens\":\(lowered)") }
        } else if maxTokens == nil, let usual = quirks.defaultMaxTokens {
            added.append("\"max_tokens\":\(usual)")
        }
    }

    // MARK: Messages

    private func editMessages(
        _ bytes: UnsafeRawBufferPointer,
        _ quirks: Quirks,
        _ prompt: PromptEdits,
        _ edits: inout ByteEdits
    ) {
        let hasQuirks = quirks.flatContent || quirks.nullContentAsEmpty || quirks.strictMessages
        guard hasQuirks || prompt != .none else { return }
        edits.remove({ prompt.dropped.contains($0) }, from: messages.map(\.range))
        for (place, message) in messages.enumerated() where !prompt.dropped.contains(place) {
            MessageEdits(bytes: bytes, message: message, quirks: quirks)
                .apply(shortened: prompt.shortened[place], to: &edits)
        }
        switch (prompt.summary, prompt.styleDirective) {
        case (nil, nil): break
        case (let one?, nil), (nil, let one?): addToSystem(one, bytes, quirks, prompt, &edits)
        case (let one?, let other?): addToSystem(.joined([one, other]), bytes, quirks, prompt, &edits)
        }
    }

    /// To the end of the client's first system message, or as a message of its own before all others: many models'
    /// templates take a system message at the beginning and nowhere else.
    private func addToSystem(
        _ addition: JSONFragment,
        _ bytes: UnsafeRawBufferPointer,
        _ quirks: Quirks,
        _ prompt: PromptEdits,
        _ edits: inout ByteEdits
    ) {
        let system = messages.firstIndex { $0.role == .system }
        guard let system, prompt.shortened[system] == nil, let content = messages[system].content, content.kind != .null
        else {
            guard let first = messages.indices.first(where: { !prompt.dropped.contains($0) }) else { return }
            return addMessage(addition, before: first, &edits)
        }
        if content.isString {
            edits.insert([Array(#"\n\n"#.utf8), addition.bytes], at: content.range.upperBound - 1)
        } else if quirks.flatContent {
            // The array becomes one string: the addition would be inside a range that is replaced.
            addMessage(addition, before: system, &edits)
        } else {
            let isEmpty = !bytes[content.range.lowerBound + 1..<content.range.upperBound - 1].contains { $0 > 0x20 }
            let opening = (isEmpty ? "" : ",") + #"{"type":"text","text":""#
            edits.insert([Array(opening.utf8), addition.bytes, Array(#""}"#.utf8)], at: content.range.upperBound - 1)
        }
    }

    private func addMessage(_ text: JSONFragment, before place: Int, _ edits: inout ByteEdits) {
        let pieces = [Array(#"{"role":"system","content":""#.utf8), text.bytes, Array(#""},"#.utf8)]
        edits.insert(pieces, at: messages[place].range.lowerBound)
    }
}
