import NIOHTTP1

/// Which part of Relay answers a request: the byte path for model calls, the office for everything else.
enum Endpoints {
    enum Match {
        case model(Wire)
        case office(Office.Page)
        /// Of a request in Anthropic's words.
        case tokenCount
        case refused(ClientError)
    }

    static func find(_ request: ClientRequest) -> Match {
        if request.method == .OPTIONS { return .office(.preflight) }
        switch request.path {
        case "/chat/completions": return only(.POST, request, .model(.chat))
        case "/messages": return only(.POST, request, .model(.messages))
        case "/messages/count_tokens": return only(.POST, request, .tokenCount)
        case "/models": return only(.GET, request, .office(.models))
        case "/usage": return only(.GET, request, .office(.usage))
        case "/health": return only(.GET, request, .office(.health))
        case "/ready": return only(.GET, request, .office(.ready))
        case "/": return only(.GET, request, .office(.welcome))
        default:
            guard request.path.hasPrefix("/models/") else {
                return .refused(.notFound("\(request.method) \(request.path)"))
            }
            let id = ClientRequest.decoded(request.path.dropFirst("/models/".count))
            return only(.GET, request, .office(.model(id)))
        }
    }

    /// The API that a path belongs to.
    static func wire(of path: String) -> Wire {
        switch path {
        case "/messages": .messages
        case _ where path.hasPrefix("/messages/"): .messages
        case "/responses": .responses
        case "/completions": .completions
        default: .chat
        }
    }

    /// HEAD is answered wherever GET is.
    private static func only(_ method: HTTPMethod, _ request: ClientRequest, _ match: Match) -> Match {
        if request.method == method || (method == .GET && request.method == .HEAD) { return match }
        let allowed = method == .GET ? "GET, HEAD, OPTIONS" : "\(method.rawValue), OPTIONS"
        return .refused(.methodNotAllowed(request.method.rawValue, request.path, allowed: allowed))
    }
}
