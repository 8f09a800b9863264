import NIOHTTP1

/// One thing that the admin API does: where it is asked for, by whom, and what comes with it.
struct AdminOperation: Sendable {
    /// Who may ask.
    enum Access: Sendable {
        /// Anybody: how else would one sign in?
        case anyone
        /// Who is signed in, or sends the relay's own key.
        case owner
        /// Also who reaches a relay without a key from this machine, as for `/v1`.
        case ownerOrLoopback
    }

    /// A member of the body, or a parameter of the query.
    struct Field: Sendable {
        enum Kind: String, Sendable {
            case string, integer, number, boolean, object, strings
        }

        var name: String
        var kind: Kind
        var isRequired: Bool
        var summary: String

        init(_ name: String, _ kind: Kind, required isRequired: Bool = false, _ summary: String) {
            (self.name, self.kind, self.isRequired, self.summary) = (name, kind, isRequired, summary)
        }
    }

    /// What it is.
    enum Action: Sendable {
        /// One answer.
        case answer(Perform)
        /// What happens, for as long as its client listens (`EventStream`).
        case events
    }

    typealias Perform = @Sendable (AdminCall) async throws(ClientError) -> AdminReply

    let method: HTTPMethod
    /// With `{names}` for what varies; the last may hold slashes.
    let path: String
    let summary: String
    let access: Access
    let query: [Field]
    let body: [Field]
    /// Of a success.
    let status: Int
    let action: Action

    init(
        _ method: HTTPMethod,
        _ path: String,
        _ summary: String,
        access: Access = .owner,
        query: [Field] = [],
        body: [Field] = [],
        status: Int = 200,
        _ perform: @escaping Perform
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.query = query
        self.body = body
        self.status = status
        action = .answer(perform)
    }

    init(events path: String, _ summary: String) {
        (method, self.path, self.summary, access) = (.GET, path, summary, .owner)
        (query, body, status, action) = ([], [], 200, .events)
    }

    /// What a path has in place of the names; `nil` where it is another's.
    func parameters(of path: String) -> [String: String]? {
        let pattern = self.path.split(separator: "/")
        var parts = path.split(separator: "/")[...]
        var found: [String: String] = [:]
        for (place, word) in pattern.enumerated() {
            guard let part = parts.first else { return nil }
            guard word.hasPrefix("{") else {
                guard part == word else { return nil }
                parts.removeFirst()
                continue
            }
            let isLast = place == pattern.count - 1
            let value = isLast ? parts.joined(separator: "/")[...] : part
            parts = isLast ? [] : parts.dropFirst()
            found[String(word.dropFirst().dropLast())] = RequestTarget.decoded(value.replacing("+", with: "%2B"))
        }
        return parts.isEmpty ? found : nil
    }
}

/// The admin API: all of its operations, each in the file of what it is about.
enum AdminAPI {
    static let operations = session + keys + clients + catalog + routes + usage + settings

    /// An operation and what its path says.
    struct Found: Sendable {
        var operation: AdminOperation
        var parameters: [String: String]
    }

    static let prefix = "/api/"

    /// Who may come as far as to learn what there is under the path; `nil` where there is nothing.
    static func access(to request: ClientRequest) -> AdminOperation.Access? {
        let operations = operations.filter { $0.parameters(of: request.path) != nil }
        return (operations.first { $0.method == request.method } ?? operations.first)?.access
    }

    /// - Throws: that there is no such path, or that it takes other methods.
    static func find(_ request: RequestTarget) throws(ClientError) -> Found {
        var methods: [String] = []
        for operation in operations {
            guard let parameters = operation.parameters(of: request.path) else { continue }
            if operation.method == request.method || operation.method == .GET && request.method == .HEAD {
                return Found(operation: operation, parameters: parameters)
            }
            methods.append(operation.method.rawValue)
            if operation.method == .GET { methods.append("HEAD") }
        }
        guard !methods.isEmpty else { throw .notFound("\(request.method) \(request.path)") }
        let allowed = (methods + ["OPTIONS"]).joined(separator: ", ")
        throw .methodNotAllowed(request.method.rawValue, request.path, allowed: allowed)
    }
}
