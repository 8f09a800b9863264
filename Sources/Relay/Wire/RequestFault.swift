import Clients
import NIOCore

/// What a client may be told of its request. Status and envelope are `ClientError`'s.
enum RequestFault: Error, Sendable, Equatable {
    case malformed(JSONFault)
    /// A member is missing, of the wrong type or of a value that cannot be.
    case invalid(param: String, message: String)
    /// For a reason that has a status or a code of its own.
    case refused(ClientError)

    static let noObject = RequestFault.invalid(param: "", message: "The request body must be a JSON object.")

    static func wrongType(_ param: String, _ expected: String, _ value: JSONView) -> RequestFault {
        .invalid(
            param: param,
            message: "Invalid type for '\(param)': expected \(expected), but got \(value.span.kind.article) instead."
        )
    }

    static func missing(_ param: String) -> RequestFault {
        .invalid(param: param, message: "Missing required parameter: '\(param)'.")
    }
}

extension ByteBuffer {
    /// Reads a request's body, which has to be a JSON object. The view ends with `read`.
    func readRequest<Reading>(
        _ read: (JSONView) throws(RequestFault) -> Reading
    ) throws(RequestFault) -> Reading {
        try reading { (bytes) throws(RequestFault) in
            let document: JSONView
            do throws(JSONFault) { document = try JSONView(document: bytes) } catch { throw .malformed(error) }
            guard document.isObject else { throw .noObject }
            return try read(document)
        }
    }
}
