import Clients
import NIOCore

/// A request to the admin API, its path and body taken apart.
struct AdminCall: Sendable {
    let request: ClientRequest
    /// By the names in the operation's path: `/api/keys/{provider}/{label}`.
    let parameters: [String: String]
    let gateway: Gateway
    /// The members of the body; empty where there is none.
    private let members: [JSONValue.Member]

    private static let maxBodyBytes = 256 * 1024

    /// Reads the body, which may have no members but `fields`.
    init(
        _ request: ClientRequest,
        _ parameters: [String: String],
        body: ByteBuffer,
        fields: [AdminOperation.Field],
        gateway: Gateway
    ) throws(ClientError) {
        self.request = request
        self.parameters = parameters
        self.gateway = gateway
        guard body.readableBytes <= Self.maxBodyBytes else { throw .bodyTooLong }
        guard body.readableBytes > 0, !fields.isEmpty else {
            members = []
            return
        }
        if let type = request.headers.contentType, !type.lowercased().hasPrefix("application/json") {
            throw ClientError(
                status: 415,
                message: "Content-Type '\(type)' is not supported; send application/json.",
                type: "invalid_request_error",
                code: "unsupported_content_type"
            )
        }
        let (json, faults) = JSONReader.read(Array(body.readableBytesView), file: "body")
        guard let json, faults.isEmpty, case .object(let members) = json.content else {
            let fault = faults.first.map { " (\($0.message), line \($0.line ?? 1), column \($0.column ?? 1))" } ?? ""
            throw .invalidRequest("The body is no JSON object\(fault).", code: "invalid_json")
        }
        for member in members where !fields.contains(where: { $0.name == member.key }) {
            throw .invalidRequest(
                "Unknown member '\(member.key)'.\(NearestName.hint(for: member.key, among: fields.map(\.name)))",
                param: member.key
            )
        }
        self.members = members
    }

    /// - Throws: that nothing is stored, so that there is nothing to work on.
    var desk: AdminDesk {
        get throws(ClientError) {
            guard let desk = gateway.admin else { throw .notStored }
            return desk
        }
    }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// Whether it was given, be it as `null`.
    func has(_ name: String) -> Bool { members.contains { $0.key == name } }

    func value(_ name: String) -> JSONValue? {
        members.first { $0.key == name }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    /// A member of a plain type; `nil` where it is absent or `null`.
    func read<Value: SettingValue>(_ type: Value.Type, _ name: String) throws(ClientError) -> Value? {
        guard let value = value(name) else { return nil }
        do throws(SettingProblem) {
            return try Value.read(value)
        } catch {
            throw .invalidRequest("'\(name)' \(error.message). \(error.remedy)", param: name)
        }
    }

    func required<Value: SettingValue>(_ type: Value.Type, _ name: String) throws(ClientError) -> Value {
        guard let value = try read(type, name) else { throw .invalidRequest("'\(name)' is missing.", param: name) }
        return value
    }

    /// A whole number from 1.
    func count(_ name: String) throws(ClientError) -> Int? {
        guard let number = try read(Int.self, name) else { return nil }
        guard number > 0 else { throw .invalidRequest("'\(name)' is a whole number from 1.", param: name) }
        return number
    }

    /// Limits by the catalog's names.
    func limits(_ name: String) throws(ClientError) -> RateLimits? {
        guard let value = value(name) else { return nil }
        let findings = ConfigurationFindings()
        guard case .object = value.content else { throw .invalidRequest("'\(name)' is no object.", param: name) }
        let limits = RateLimits(ObjectReader(value, path: [name], file: "body", findings: findings))
        if let fault = findings.faults.first {
            throw .invalidRequest("\(fault.path): \(fault.message). \(fault.remedy)", param: name)
        }
        if let warning = findings.warnings.first {
            throw .invalidRequest("\(warning.path) \(warning.message).", param: name)
        }
        return limits
    }

    /// What the store is asked to do; its own faults become answers.
    func store<Result>(_ body: (Store) throws -> Result) throws(ClientError) -> Result {
        do {
            return try body(try desk.store)
        } catch let error as ClientError {
            throw error
        } catch let error as CatalogEditor.Fault {
            throw error.isUnknown
                ? .missing(error.description) : .invalidRequest(error.description)
        } catch let error as VaultError {
            switch error {
            case .unknownKey: throw .missing(error.description)
            case .labelTaken, .keyTaken, .unsendableKey: throw .invalidRequest(error.description)
            default: throw .storeFailed(error)
            }
        } catch let error as ClientNameError {
            if case .unknown = error { throw .missing(error.description) }
            throw .invalidRequest(error.description, param: "name")
        } catch {
            throw .storeFailed(error)
        }
    }
}

/// What the admin API answers.
struct AdminReply: Sendable {
    var status = 200
    /// JSON.
    var text: String
    /// `Set-Cookie`.
    var cookie: String?

    init(_ json: JSONValue, status: Int = 200, cookie: String? = nil) {
        (text, self.status, self.cookie) = (JSONWriter.minified(json), status, cookie)
    }

    init(text: String) { self.text = text }

    static func list(_ entries: [JSONValue]) -> AdminReply {
        AdminReply(.object([("object", .string("list")), ("data", .array(entries))]))
    }

    static let done = AdminReply(.object([("status", .string("ok"))]))
}

extension ClientError {
    static let bodyTooLong = ClientError(
        status: 413,
        message: "A body of the admin API has at most 256 KB.",
        type: "invalid_request_error",
        code: "request_too_large"
    )

    /// What the path names is not there.
    static func missing(_ message: String) -> ClientError {
        ClientError(status: 404, message: message, type: "invalid_request_error", code: "not_found")
    }
}

extension CatalogEditor.Fault {
    fileprivate var isUnknown: Bool {
        switch self {
        case .unknownModel, .unknownProvider: true
        case .malformed, .notSuggested: false
        }
    }
}

extension JSONValue {
    static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    static func count(_ value: Int?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    static func flag(_ value: Bool?) -> JSONValue { value.map(JSONValue.bool) ?? .null }
}
