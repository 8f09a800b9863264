import NIOHTTP1

/// `/openapi.json`: what Relay can be asked, in OpenAPI 3.1. The admin API is described whole, out of the table that serves it;
/// of the model calls their addresses, since their bodies are OpenAI's and Anthropic's own.
enum OpenAPIDocument {
    static let text = JSONWriter.pretty(json)

    /// What is asked for beside the admin API.
    static let others: [(method: String, path: String, summary: String)] = [
        ("POST", "/v1/chat/completions", "A chat completion, as OpenAI's"),
        ("POST", "/v1/chat/completions/web-search", "A chat completion for which the provider searches the web"),
        ("POST", "/v1/chat/completions/stream-route", "A chat completion whose routing is told as it goes"),
        ("POST", "/v1/messages", "A message, as Anthropic's"),
        ("POST", "/v1/messages/count_tokens", "A prompt's tokens, as Anthropic's"),
        ("POST", "/v1/responses", "A response, as OpenAI's"),
        ("GET", "/v1/responses/{id}", "A stored response"),
        ("DELETE", "/v1/responses/{id}", "Forget a stored response"),
        ("GET", "/v1/responses/{id}/input_items", "What a stored response was asked"),
        ("POST", "/v1/responses/{id}/cancel", "Refused: nothing runs in the background"),
        ("POST", "/v1/completions", "A completion, as OpenAI's"),
        ("POST", "/v1/embeddings", "Vectors, as OpenAI's"),
        ("POST", "/v1/images/generations", "Images, as OpenAI's"),
        ("POST", "/v1/audio/speech", "Speech, as OpenAI's"),
        ("POST", "/v1/audio/transcriptions", "A transcript, as OpenAI's"),
        ("POST", "/v1/audio/translations", "A translated transcript, as OpenAI's"),
        ("POST", "/v1/moderations", "A moderation, as OpenAI's"),
        ("GET", "/v1/models", "The models"),
        ("GET", "/v1/models/{id}", "One model"),
        ("POST", "/v1/route/explain", "Who would answer, and why the others would not"),
        ("GET", "/v1/usage", "What was used"),
        ("GET", "/v1/providers/status", "How each provider, model and key stands"),
        ("GET", "/v1/gateway/endpoint-diagnosis", "Where catalog and providers' lists differ"),
        ("POST", "/v1/gateway/endpoint-diagnosis/refresh", "The same, every key checked first"),
        ("POST", "/v1/gateway/endpoint-diagnosis/apply", "The same, and what differs noted"),
        ("GET", "/metrics", "For Prometheus"), ("GET", "/openapi.json", "This document"),
        ("GET", "/health", "Whether Relay runs"), ("GET", "/ready", "Whether a route can serve"),
    ]

    private static var json: JSONValue {
        var paths: [(String, [(String, JSONValue)])] = []
        func add(_ path: String, _ method: String, _ operation: JSONValue) {
            let entry = (method.lowercased(), operation)
            if let place = paths.firstIndex(where: { $0.0 == path }) {
                paths[place].1.append(entry)
            } else {
                paths.append((path, [entry]))
            }
        }
        for other in others {
            let isOpen = ["/health", "/ready"].contains(other.path)
            add(
                other.path,
                other.method,
                .object([
                    ("summary", .string(other.summary)), ("security", isOpen ? .array([]) : .array([needs("key")])),
                    ("parameters", .array(names(in: other.path).map(pathParameter))),
                    ("responses", .object([("200", described("Success")), ("default", errorResponse)])),
                ])
            )
        }
        for operation in AdminAPI.operations { add(operation.path, operation.method.rawValue, json(operation)) }
        return .object([
            ("openapi", .string("3.1.0")),
            (
                "info",
                .object([("title", .string("Relay")), ("version", .string(RelayVersion.text))])
            ),
            ("paths", .object(paths.map { ($0.0, .object($0.1)) })),
            ("components", .object([("securitySchemes", securitySchemes), ("schemas", schemas)])),
        ])
    }

    private static func json(_ operation: AdminOperation) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("summary", .string(operation.summary)), ("security", security(of: operation)),
        ]
        var parameters = names(in: operation.path).map(pathParameter)
        parameters += operation.query.map { field in
            .object([
                ("name", .string(field.name)), ("in", .string("query")), ("required", .bool(field.isRequired)),
                ("description", .string(field.summary)), ("schema", schema(of: field.kind)),
            ])
        }
        members.append(("parameters", .array(parameters)))
        if !operation.body.isEmpty {
            let properties = operation.body.map { field -> (String, JSONValue) in
                (field.name, schema(of: field.kind, describedAs: field.summary))
            }
            let whole = JSONValue.object([
                ("type", .string("object")), ("properties", .object(properties)),
                ("required", .array(operation.body.filter(\.isRequired).map { .string($0.name) })),
                ("additionalProperties", .bool(false)),
            ])
            let content = JSONValue.object([("application/json", .object([("schema", whole)]))])
            members.append(("requestBody", .object([("required", .bool(true)), ("content", content)])))
        }
        members.append(
            ("responses", .object([("\(operation.status)", described("Success")), ("default", errorResponse)]))
        )
        return .object(members)
    }

    private static func security(of operation: AdminOperation) -> JSONValue {
        switch operation.access {
        case .anyone: .array([])
        case .owner where operation.method == .GET: .array([needs("session"), needs("key")])
        case .owner: .array([.object([("session", .array([])), ("csrf", .array([]))]), needs("key")])
        case .ownerOrLoopback: .array([needs("session"), needs("key"), .object([])])
        }
    }

    private static func needs(_ scheme: String) -> JSONValue { .object([(scheme, .array([]))]) }

    /// What stands in braces.
    private static func names(in path: String) -> [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    private static func pathParameter(_ name: String) -> JSONValue {
        .object([
            ("name", .string(name)), ("in", .string("path")), ("required", .bool(true)),
            ("schema", schema(of: .string)),
        ])
    }

    private static func schema(of kind: AdminOperation.Field.Kind, describedAs text: String? = nil) -> JSONValue {
        var members: [(String, JSONValue)]
        if kind == .strings {
            members = [("type", .string("array")), ("items", schema(of: .string))]
        } else {
            members = [("type", .string(kind.rawValue))]
        }
        if let text { members.append(("description", .string(text))) }
        return .object(members)
    }

    private static func described(_ text: String) -> JSONValue { .object([("description", .string(text))]) }

    private static var errorResponse: JSONValue {
        let reference = JSONValue.object([("$ref", .string("#/components/schemas/Error"))])
        return .object([
            ("description", .string("An error")),
            ("content", .object([("application/json", .object([("schema", reference)]))])),
        ])
    }

    private static var securitySchemes: JSONValue {
        func scheme(_ members: (String, String)...) -> JSONValue { .object(members.map { ($0, .string($1)) }) }
        return .object([
            ("key", scheme(("type", "http"), ("scheme", "bearer"))),
            ("session", scheme(("type", "apiKey"), ("in", "cookie"), ("name", AdminAccess.cookieName))),
            ("csrf", scheme(("type", "apiKey"), ("in", "header"), ("name", "X-CSRF-Token"))),
        ])
    }

    private static var schemas: JSONValue {
        let names = ["message", "type", "param", "code"]
        let nullable = JSONValue.object([("type", .array([.string("string"), .string("null")]))])
        let error = JSONValue.object([
            ("type", .string("object")), ("properties", .object(names.map { ($0, nullable) })),
            ("required", .array(names.map(JSONValue.string))),
        ])
        return .object([
            (
                "Error",
                .object([
                    ("type", .string("object")), ("properties", .object([("error", error)])),
                    ("required", .array([.string("error")])),
                ])
            )
        ])
    }
}
