import NIOCore
import NIOHTTP1

/// A request whose body is on its way; of one that is refused the body is read and forgotten.
struct IncomingRequest {
    let request: ClientRequest
    let refusal: ClientError?
    private(set) var body = ByteBuffer()
    /// Tells whether the body moves.
    private(set) var received = 0

    init(request: consuming ClientRequest, refusal: ClientError?) {
        self.request = request
        self.refusal = refusal
    }

    mutating func append(_ bytes: ByteBuffer) {
        received += bytes.readableBytes
        if body.readableBytes == 0 {
            body = bytes
            if let length = request.contentLength, length > bytes.readableBytes { body.reserveCapacity(length) }
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }
}

extension ClientError {
    static func unreadableRequest(_ error: HTTPParserError) -> ClientError {
        let isTooLong = error == .headerOverflow
        return ClientError(
            status: isTooLong ? 431 : 400,
            message: isTooLong
                ? "The request's head is longer than \(ConnectionGate.maxHeadBytes) bytes."
                : "The request is not HTTP/1.1 (\(error)).",
            type: "invalid_request_error",
            code: isTooLong ? "request_header_fields_too_large" : "bad_request",
            closesConnection: true
        )
    }

    static let bodyStalled = ClientError(
        status: 408,
        message: "The request's body did not arrive: nothing came for 30 s.",
        type: "invalid_request_error",
        code: "request_timeout",
        isFinal: false,
        closesConnection: true
    )
}
