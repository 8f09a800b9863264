import Clients
import NIOCore

/// One input item, as far as a chat completion has a place for it.
enum ResponsesItem {
    case message(Message)
    case call(Call)
    case output(Output)
    /// Reasoning, and what OpenAI's own tools did.
    case leftOut

    struct Message {
        let role: Role
        let content: JSONView
        let param: String
    }

    enum Role { case user, assistant, system }

    /// A call of any tool that the client runs.
    struct Call {
        let id: JSONView
        let key: String
        /// The function's name, as JSON text.
        let name: String
        /// A JSON string that holds the arguments.
        let arguments: ByteBuffer
    }

    struct Output {
        let key: String
        let content: JSONView
        let param: String
    }

    init(_ item: JSONView, param: String) throws(RequestFault) {
        var members = Members()
        for (key, value) in item.members where !value.isNull { members.take(item, key, value) }
        guard let type = members.type else {
            guard members.role != nil else { throw .missing("\(param).type") }
            self = .message(try Self.message(members, param))
            return
        }
        if type.equals("message") {
            self = .message(try Self.message(members, param))
        } else if type.equals("function_call") {
            self = .call(try Self.functionCall(members, param))
        } else if type.equals("custom_tool_call") {
            self = .call(try Self.customCall(members, param))
        } else if type.equals("local_shell_call") {
            self = .call(try Self.shellCall(members, param))
        } else if type.equals("function_call_output") || type.equals("custom_tool_call_output")
            || type.equals("local_shell_call_output")
        {
            self = .output(try Self.output(members, param))
        } else {
            _ = try type.checked(.string, "\(param).type")
            self = .leftOut
        }
    }

    private struct Members {
        var type: JSONView?
        var role: JSONView?
        var content: JSONView?
        var id: JSONView?
        var callID: JSONView?
        var name: JSONView?
        var namespace: JSONView?
        var arguments: JSONView?
        var input: JSONView?
        var output: JSONView?
        var action: JSONView?

        mutating func take(_ item: JSONView, _ key: JSONString, _ value: JSONView) {
            func isNamed(_ name: StaticString) -> Bool { item.isNamed(key, name) }
            switch key.range.count {
            case 2 where isNamed("id"): id = value
            case 4 where isNamed("type"): type = value
            case 4 where isNamed("role"): role = value
            case 4 where isNamed("name"): name = value
            case 5 where isNamed("input"): input = value
            case 6 where isNamed("output"): output = value
            case 6 where isNamed("action"): action = value
            case 7 where isNamed("content"): content = value
            case 7 where isNamed("call_id"): callID = value
            case 9 where isNamed("arguments"): arguments = value
            case 9 where isNamed("namespace"): namespace = value
            default: break
            }
        }
    }

    private static func message(_ members: Members, _ param: String) throws(RequestFault) -> Message {
        guard let role = members.role else { throw .missing("\(param).role") }
        guard let content = members.content else { throw .missing("\(param).content") }
        let known: Role
        if role.equals("user") {
            known = .user
        } else if role.equals("assistant") {
            known = .assistant
        } else if role.equals("system") || role.equals("developer") {
            known = .system
        } else {
            throw .invalid(
                param: "\(param).role",
                message: "Invalid value for '\(param).role': supported values are 'user', 'assistant', 'system' and "
                    + "'developer'."
            )
        }
        return Message(role: known, content: content, param: "\(param).content")
    }

    // MARK: Calls

    private static func functionCall(_ members: Members, _ param: String) throws(RequestFault) -> Call {
        guard let arguments = members.arguments else { throw .missing("\(param).arguments") }
        _ = try arguments.checked(.string, "\(param).arguments")
        return try call(members, param, arguments: ByteBuffer(bytes: arguments.raw))
    }

    /// Its text is the one parameter of the function that stands for the tool.
    private static func customCall(_ members: Members, _ param: String) throws(RequestFault) -> Call {
        guard let input = members.input else { throw .missing("\(param).input") }
        _ = try input.checked(.string, "\(param).input")
        var arguments = ByteBuffer()
        arguments.write("{\"input\":")
        arguments.writeBytes(input.raw)
        arguments.write("}")
        return try call(members, param, arguments: arguments.asJSONString)
    }

    private static func shellCall(_ members: Members, _ param: String) throws(RequestFault) -> Call {
        guard let action = members.action else { throw .missing("\(param).action") }
        _ = try action.checked(.object, "\(param).action")
        var json = JSONBuilder()
        json.object { json in
            for (key, value) in action.members where !value.isNull && !action.isNamed(key, "type") {
                json.member(key, copying: value)
            }
        }
        var members = members
        if members.callID == nil { members.callID = members.id }
        let name = JSONText.quoted(ResponsesTools.localShellName)
        return try call(members, param, name: name, arguments: json.buffer.asJSONString)
    }

    private static func call(
        _ members: Members,
        _ param: String,
        name known: String? = nil,
        arguments: ByteBuffer
    ) throws(RequestFault) -> Call {
        guard let id = members.callID else { throw .missing("\(param).call_id") }
        _ = try id.checked(.string, "\(param).call_id")
        let name: String
        if let known {
            name = known
        } else {
            guard let given = members.name else { throw .missing("\(param).name") }
            _ = try given.checked(.string, "\(param).name")
            name = JSONText.quoted(
                ResponsesTools.functionName(given.string ?? "", in: members.namespace?.string)
            )
        }
        return Call(id: id, key: id.string ?? "", name: name, arguments: arguments)
    }

    private static func output(_ members: Members, _ param: String) throws(RequestFault) -> Output {
        // A shell's output names its call by `id`.
        guard let id = members.callID ?? members.id else { throw .missing("\(param).call_id") }
        _ = try id.checked(.string, "\(param).call_id")
        guard let output = members.output else { throw .missing("\(param).output") }
        return Output(key: id.string ?? "", content: output, param: "\(param).output")
    }
}

extension ByteBuffer {
    /// These bytes as a JSON string, quotes included.
    var asJSONString: ByteBuffer {
        var text = ByteBuffer()
        text.write("\"")
        withUnsafeReadableBytes { JSONText.escape($0, into: &text) }
        text.write("\"")
        return text
    }
}
