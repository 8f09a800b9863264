/// The requests that `relay demo` plays against the cast, in this order.
enum DemoScript {
    struct Scene: Sendable {
        /// What is asked.
        var title: String
        /// What Relay does about it.
        var shows: String
        /// The JSON body of `POST /v1/chat/completions`.
        var body: String
        var headers: [(name: String, value: String)] = []
        /// How many times it is sent, one after the other.
        var count = 1

        var isStream: Bool { body.contains(#""stream":true"#) }
    }

    /// To be tried by hand while the demo stays up.
    static let lineToTry =
        #"curl -N http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' "#
        + #"-d '{"model":"meta-model","stream":true,"messages":[{"role":"user","content":"Where is Paris?"}]}'"#

    static let scenes: [Scene] = [
        Scene(
            title: "A question",
            shows: "any model answers, an empty opener is taken off",
            body: body(#""model_scale":"medium""#, question)
        ),
        Scene(
            title: "The same, streamed",
            shows: "the stream reads as the whole answer does",
            body: body(#""model_scale":"medium","stream":true"#, question)
        ),
        Scene(
            title: "JSON, please",
            shows: "the JSON is taken out of fences and talk",
            body: body(
                #""model_scale":"medium","response_format":{"type":"json_schema","json_schema":{"name":"city","#
                    + #""schema":{"type":"object","properties":{"city":{"type":"string","const":"Paris"},"#
                    + #""inhabitants":{"type":"integer","minimum":2100000}},"required":["city","inhabitants"]}}}"#,
                [("user", "The capital of France as JSON.")]
            )
        ),
        Scene(
            title: "Six requests in a row",
            shows:
                "Sprint allows three and says so in its headers; the others take over before it has to refuse",
            body: body(#""model_scale":"small""#, question),
            count: 6
        ),
        Scene(
            title: "A stream whose provider dies",
            shows: "nothing has been sent yet, so the next provider takes over unseen",
            body: body(#""model_scale":"large","stream":true"#, question)
        ),
        Scene(
            title: "A long history for a small window",
            shows: "the history is fitted to Thimble's 2,048 tokens",
            body: body(nil, longHistory, model: "Thimble/thimble-1b")
        ),
        Scene(
            title: "One certain model",
            shows: "Provider/model goes there and nowhere else",
            body: body(nil, question, model: "Steady/steady-70b")
        ),
        Scene(
            title: "Two turns of one session",
            shows: "the second turn goes where the first one went",
            body: body(nil, question),
            headers: [(name: "X-Session-ID", value: "demo-session")],
            count: 2
        ),
    ]

    private static let question = [("user", "What is the capital of France?")]

    /// About 6,000 tokens.
    private static let longHistory: [(role: String, text: String)] =
        [("system", "You are a patient travel guide.")]
        + (1...20)
        .flatMap { day -> [(String, String)] in
            let plan = (1...8)
                .map { "At stop \($0) of day \(day) we look at the old town and take the tram to the river." }
            return [
                ("user", "What do we do on day \(day) of the journey?"),
                ("assistant", plan.joined(separator: " ")),
            ]
        }
        + [("user", "And what was the plan for day 3?")]

    private static func body(
        _ members: String?,
        _ messages: [(role: String, text: String)],
        model: String = "meta-model"
    ) -> String {
        let list = messages.map { #"{"role":"\#($0.role)","content":\#(SimulatedJSON.quoted($0.text))}"# }
        let rest = members.map { $0 + "," } ?? ""
        return #"{"model":"\#(model)",\#(rest)"messages":[\#(list.joined(separator: ","))]}"#
    }
}
