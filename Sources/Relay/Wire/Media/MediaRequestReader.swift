import Clients
import NIOCore

/// Reads a request to an endpoint other than chat: JSON, or a form for those that take a file.
struct MediaRequestReader {
    private var request = MediaRequest.Findings()
    private let endpoint: MediaEndpoint

    /// `contentType` is what the client says of its body.
    static func read(
        _ body: ByteBuffer,
        for endpoint: MediaEndpoint,
        contentType: String?
    ) throws(RequestFault) -> MediaRequest {
        guard endpoint.takesForm else {
            return try body.readRequest { (document) throws(RequestFault) in
                var reader = MediaRequestReader(endpoint: endpoint)
                try reader.read(document)
                return MediaRequest(endpoint, body, contentType: "application/json", reader.request)
            }
        }
        let type = contentType ?? ""
        return try body.reading { (bytes) throws(RequestFault) in
            var reader = MediaRequestReader(endpoint: endpoint)
            try reader.readForm(bytes, contentType: type)
            return MediaRequest(endpoint, body, contentType: type, reader.request)
        }
    }

    private init(endpoint: MediaEndpoint) {
        self.endpoint = endpoint
        if endpoint == .embeddings { request.vectors = VectorsAsked() }
    }

    // MARK: JSON

    private mutating func read(_ document: JSONView) throws(RequestFault) {
        var hasRequired = false
        for (key, value) in document.members {
            let name = JSONText.string(document.bytes, key)
            let range = key.range.lowerBound - 1..<value.span.range.upperBound
            request.fields.append(.init(name: name, range: range, value: value.span.range, isNull: value.isNull))
            if value.isNull { continue }
            try take(value, named: name)
            if name == endpoint.required {
                hasRequired = true
                try takeInput(value, named: name)
            }
        }
        try check(hasRequired: hasRequired)
    }

    /// Notes a member that Relay acts on.
    private mutating func take(_ value: JSONView, named name: String) throws(RequestFault) {
        switch name {
        case "model": request.model = try Self.text(value, name)
        case "model_type": request.filters.type = try Self.text(value, name)
        case "model_scale": request.filters.scale = try Self.text(value, name)
        case "model_name": request.filters.name = try Self.text(value, name)
        case "dimensions" where endpoint == .embeddings:
            guard let number = value.integer, number > 0 else {
                throw .wrongType(name, "a positive integer", value)
            }
            request.vectors?.dimensions = number
        case "encoding_format" where endpoint == .embeddings:
            guard value.equals("float") || value.equals("base64") else {
                throw .invalid(
                    param: name,
                    message: "Invalid value for 'encoding_format': expected 'float' or 'base64'."
                )
            }
            request.vectors?.asBase64 = value.equals("base64")
        default: break
        }
    }

    /// A text, several texts, or texts that were made tokens before.
    private mutating func takeInput(_ value: JSONView, named name: String) throws(RequestFault) {
        if value.isString {
            guard value.span.range.count > 2 else {
                throw .invalid(param: name, message: "Invalid '\(name)': it must not be empty.")
            }
            request.vectors?.count = 1
            request.tokens = TokenSample.tokens(in: [value.span.range.dropFirst().dropLast()], of: value.bytes)
            return
        }
        guard value.isArray, endpoint == .embeddings || endpoint == .moderations else {
            let expected = endpoint == .embeddings ? "a string or an array" : "a string"
            throw .wrongType(name, expected, value)
        }
        let elements = value.elements
        guard let first = elements.first else {
            throw .invalid(param: name, message: "Invalid '\(name)': empty array. Expected at least one input.")
        }
        if first.span.kind == .number {
            request.vectors?.count = 1
            request.tokens = elements.count
        } else {
            request.vectors?.count = elements.count
            request.tokens = elements.reduce(0) { count, element in
                count + (element.isArray ? Self.numbers(in: element) : 0)
            }
            let texts = elements.filter { !$0.isArray }.map(\.span.range)
            request.tokens += TokenSample.tokens(in: texts, of: value.bytes)
        }
    }

    private static func numbers(in list: JSONView) -> Int {
        list.raw.reduce(1) { $1 == UInt8(ascii: ",") ? $0 + 1 : $0 }
    }

    private static func text(_ value: JSONView, _ name: String) throws(RequestFault) -> String {
        guard let text = value.string else { throw .wrongType(name, "a string", value) }
        return text
    }

    // MARK: Forms

    private mutating func readForm(_ bytes: UnsafeRawBufferPointer, contentType: String) throws(RequestFault) {
        let parts = try MultipartForm.parts(of: bytes, contentType: contentType)
        var hasRequired = false
        for part in parts {
            request.fields.append(.init(name: part.name, range: part.range, value: part.value))
            var text: String { String(decoding: bytes[part.value], as: UTF8.self) }
            switch part.name {
            case "model": request.model = text
            case "model_type": request.filters.type = text
            case "model_scale": request.filters.scale = text
            case "model_name": request.filters.name = text
            case endpoint.required: hasRequired = hasRequired || !part.value.isEmpty
            default: break
            }
        }
        try check(hasRequired: hasRequired)
    }

    private func check(hasRequired: Bool) throws(RequestFault) {
        guard !request.model.isEmpty else {
            throw .invalid(param: "model", message: "You must provide a model parameter.")
        }
        guard hasRequired else {
            throw .missing(endpoint.required)
        }
    }
}
