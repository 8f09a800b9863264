import NIOHTTP1

/// Which part of Relay answers a request: the byte path for model calls, the office for everything else.
enum Endpoints {
    enum Match {
        case model(Wire)
        case media(MediaEndpoint)
        case office(Office.Page)
        /// A question about a request, which is not made.
        case question(Office.Question)
        case errand(Office.Errand)
        case admin(AdminAPI.Found, AdminOperation.Perform)
        /// What happens, as it happens.
        case events
        case refused(ClientError)

        /// It tells of the whole relay, which is its owner's affair: nothing for who was given a key.
        var isOwners: Bool {
            switch self {
            case .office(let page): page.isOwners
            case .question(let question): question == .explanation
            case .errand: true
            case .model, .media, .admin, .events, .refused: false
            }
        }
    }

    /// A chat completion for which the provider searches the web.
    static let webSearchPath = "/chat/completions/web-search"

    /// A chat completion whose routing is told as it goes.
    static let streamRoutePath = "/chat/completions/stream-route"

    static func find(_ request: RequestTarget) -> Match {
        if request.method == .OPTIONS { return .office(.preflight) }
        switch request.path {
        case "/chat/completions", webSearchPath, streamRoutePath: return only(.POST, request, .model(.chat))
        case "/messages": return only(.POST, request, .model(.messages))
        case "/messages/count_tokens": return only(.POST, request, .question(.tokenCount))
        case "/responses": return only(.POST, request, .model(.responses))
        case "/completions": return only(.POST, request, .model(.completions))
        case "/route/explain": return only(.POST, request, .question(.explanation))
        case "/models": return only(.GET, request, .office(.models))
        case "/usage":
            return only(.GET, request, StoredUsage.isAsked(by: request) ? .errand(.storedUsage) : .office(.usage))
        case "/providers/status": return only(.GET, request, .office(.providersStatus))
        case "/gateway/endpoint-diagnosis": return only(.GET, request, .office(.endpointDiagnosis))
        case "/gateway/endpoint-diagnosis/refresh": return only(.POST, request, .errand(.endpointDiagnosis))
        case "/gateway/endpoint-diagnosis/apply": return only(.POST, request, .errand(.catalogRefresh))
        case "/metrics": return only(.GET, request, .office(.metrics))
        case "/health": return only(.GET, request, .office(.health))
        case "/ready": return only(.GET, request, .office(.ready))
        case "/": return only(.GET, request, .office(.welcome))
        case "/openapi.json": return only(.GET, request, .office(.openAPI))
        default:
            if request.path.hasPrefix(AdminAPI.prefix) { return admin(request) }
            if let endpoint = MediaEndpoint(rawValue: request.path) { return only(.POST, request, .media(endpoint)) }
            if request.path.hasPrefix("/responses/") { return response(request) }
            guard request.path.hasPrefix("/models/") else {
                return .refused(.notFound("\(request.method) \(request.path)"))
            }
            let id = RequestTarget.decoded(request.path.dropFirst("/models/".count))
            return only(.GET, request, .office(.model(id)))
        }
    }

    private static func admin(_ request: RequestTarget) -> Match {
        do throws(ClientError) {
            let found = try AdminAPI.find(request)
            return switch found.operation.action {
            case .answer(let perform): .admin(found, perform)
            case .events: .events
            }
        } catch {
            return .refused(error)
        }
    }

    /// `/responses/{id}` and what is below it.
    private static func response(_ request: RequestTarget) -> Match {
        let parts = request.path.split(separator: "/").dropFirst().map { RequestTarget.decoded($0) }
        switch (parts.first ?? "", parts.dropFirst().first, parts.count) {
        case (let id, nil, 1):
            if request.method == .DELETE { return .office(.deletedResponse(id)) }
            return only(.GET, request, .office(.response(id)), others: "DELETE, ")
        case (let id, "input_items", 2): return only(.GET, request, .office(.inputItems(id)))
        case (let id, "cancel", 2): return only(.POST, request, .office(.cancelledResponse(id)))
        default: return .refused(.notFound("\(request.method) \(request.path)"))
        }
    }

    /// The API that a path belongs to.
    static func wire(of path: String) -> Wire {
        switch path {
        case "/messages": .messages
        case _ where path.hasPrefix("/messages/"): .messages
        case "/responses": .responses
        case "/completions": .completions
        default: path.hasPrefix("/responses/") ? .responses : .chat
        }
    }

    /// HEAD is answered wherever GET is.
    private static func only(
        _ method: HTTPMethod,
        _ request: RequestTarget,
        _ match: Match,
        others: String = ""
    ) -> Match {
        if request.method == method || (method == .GET && request.method == .HEAD) { return match }
        let allowed = method == .GET ? "GET, HEAD, \(others)OPTIONS" : "\(method.rawValue), OPTIONS"
        return .refused(.methodNotAllowed(request.method.rawValue, request.path, allowed: allowed))
    }
}
