import Clients
import NIOCore

/// A request to an endpoint other than chat as the client sent it, and where in its bytes that is which Relay changes.
///
/// A view, not a copy, as `ChatRequest` is one. Read once and never changed.
final class MediaRequest: Sendable {
    let endpoint: MediaEndpoint
    let body: ByteBuffer
    /// As it goes up with the body: that of a form names its boundary.
    let contentType: String
    /// Every top-level member of a JSON body, every part of a form, in order.
    let fields: [Field]
    /// `model`, as asked for.
    let model: String
    let filters: RouteFilters
    /// An estimate of the tokens in what is asked.
    let tokens: Int
    /// What an embeddings call wants.
    let vectors: VectorsAsked?

    /// A member of a JSON body or a part of a form.
    struct Field: Sendable {
        let name: String
        /// All of it, with its key or its headers.
        let range: Range<Int>
        let value: Range<Int>
        var isNull = false
    }

    /// What the reader has found.
    struct Findings {
        var fields: [Field] = []
        var model = ""
        var filters = RouteFilters()
        var tokens = 0
        var vectors: VectorsAsked?
    }

    init(_ endpoint: MediaEndpoint, _ body: ByteBuffer, contentType: String, _ findings: consuming Findings) {
        self.endpoint = endpoint
        self.body = body
        self.contentType = contentType
        fields = findings.fields
        model = findings.model
        filters = findings.filters
        tokens = findings.tokens
        vectors = findings.vectors
    }
}

/// What a client wants of an embeddings call.
struct VectorsAsked: Sendable, Equatable {
    /// How many; `nil` where the input does not tell.
    var count: Int?
    /// How long each is to be; `nil` is as long as the model makes them.
    var dimensions: Int?
    /// As base64 of little-endian 32-bit floats, else as lists of numbers.
    var asBase64 = false
}
