/// The API that a simulated provider speaks: how it reads what it is asked, and how it writes down what it answers.
///
/// Written from the providers' documentation, apart from what `Clients` has, so that one checks the other.
protocol SimulatedDialect: Sendable {
    typealias Complaint = SimulatedCheck.Complaint
    typealias Headers = [(name: String, value: String)]

    /// As the catalog has it.
    var name: DialectName { get }

    /// The path of the API's base URL.
    var basePath: String { get }

    /// The key that came with a request, and what is said when there is none.
    func key(in headers: Headers) throws(Complaint) -> String

    /// What a `POST` asks, after the checks that the API makes of its own shape. `nil` where the path is none of the API's.
    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall?

    /// The whole answer.
    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String

    /// One array per event of the streamed answer.
    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]]

    /// An event of a stream with this payload, an error's.
    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8]

    /// `Content-Type` of a stream.
    var streamType: String { get }

    /// How the provider puts what is wrong, where it has words of its own for it.
    func complaint(about problem: SimulatedCheck.Problem) -> Complaint?

    /// Where the API lists its models, and the list.
    var modelsPath: String { get }
    func modelList(_ models: [String]) -> String
}

extension SimulatedDialect {
    var basePath: String { "/v1" }
    var streamType: String { "text/event-stream" }
    func complaint(about problem: SimulatedCheck.Problem) -> Complaint? { nil }

    /// `Authorization: Bearer …`.
    func bearer(in headers: Headers) throws(Complaint) -> String {
        let values = headers.filter { $0.name.lowercased() == "authorization" }.map(\.value)
        guard values.count == 1, let value = values.first, value.lowercased().hasPrefix("bearer "), value.count > 7
        else {
            throw Complaint(
                status: 401,
                message: "You didn't provide an API key. You need to provide your API key in an Authorization header "
                    + "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
            )
        }
        return String(value.dropFirst(7))
    }

    /// The body as a JSON object.
    func object(in body: [UInt8]) throws(Complaint) -> SimulatedJSON {
        let json: SimulatedJSON
        do {
            json = try SimulatedJSON.parse(body)
        } catch {
            throw Complaint(
                status: 400,
                message: "We could not parse the JSON body of your request: \(error.reason) at offset \(error.offset)."
            )
        }
        guard json.members != nil else { throw Complaint(status: 400, message: "The body must be a JSON object.") }
        return json
    }
}

/// Chat completions, as OpenAI and most others have them.
struct SimulatedOpenAI: SimulatedDialect {
    let name = DialectName.openai

    func key(in headers: Headers) throws(Complaint) -> String { try bearer(in: headers) }

    func read(_ request: SimulatedProvider.ReceivedRequest, isStrict: Bool) throws(Complaint) -> SimulatedCall? {
        guard request.path == "/v1/chat/completions" || request.path == "/chat/completions" else { return nil }
        let json = try object(in: request.body)
        try SimulatedParameterCheck(json: json, isStrict: isStrict).check()
        return SimulatedCall(json)
    }

    func whole(_ answer: SimulatedAnswer, sendsUsage: Bool) -> String { answer.whole(sendsUsage: sendsUsage) }

    func events(
        _ answer: SimulatedAnswer,
        shape: SimulatedProvider.Streaming,
        includesUsage: Bool
    ) -> [[UInt8]] {
        SimulatedStream(answer, shape: shape, includesUsage: includesUsage).events()
    }

    func errorEvent(_ payload: String, shape: SimulatedProvider.Streaming) -> [UInt8] {
        SimulatedStream.event(payload, shape: shape)
    }

    var modelsPath: String { "/v1/models" }

    func modelList(_ models: [String]) -> String {
        let entries = models.map {
            #"{"id":\#(SimulatedJSON.quoted($0)),"object":"model","created":1767225600,"owned_by":"simulated"}"#
        }
        return #"{"object":"list","data":[\#(entries.joined(separator: ","))]}"#
    }
}
