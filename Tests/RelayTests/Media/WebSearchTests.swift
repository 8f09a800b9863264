import Testing

@testable import Relay

/// A chat completion for which the provider searches the web.
struct WebSearchTests {
    typealias Member = RelayUnderTest.Member

    private static let path = "/chat/completions/web-search"
    private static let messages = #""messages":[{"role":"user","content":"Who won?"}]"#

    private static func member(_ name: String, tagged: Bool = true, _ how: String = "") -> Member {
        Member(
            name,
            models: [.init("\(name.lowercased())-model", more: tagged ? #""tags":["web-search"]"# : "")],
            more: how.isEmpty ? "" : #""quirks":{"web_search":\#(how)}"#
        )
    }

    @Test(arguments: [
        (#"{"set":{"web_search_options":{}}}"#, "", #""web_search_options":{},"#),
        (#"{"set":{"plugins":[{"id":"web"}]}}"#, "", #""plugins":[{"id": "web"}],"#),
        (#"{"set":{"plugins":[{"id":"web"}]}}"#, #","plugins":[{"id":"other"}]"#, #""plugins":[{"id": "web"}],"#),
        (#"{"tools":[{"type":"web_search_preview"}]}"#, "", #""tools":[{"type": "web_search_preview"}],"#),
        (#"{"tools":[{"type":"web_search_preview"}]}"#, #","tools":[]"#, #""tools":[{"type": "web_search_preview"}],"#),
        ("", "", ""),
    ])
    func `it is told so in its own way`(_ how: String, _ asked: String, _ added: String) async throws {
        try await RelayUnderTest.run([Self.member("Plain", tagged: false), Self.member("One", how)]) { relay in
            let response = try await relay.post(Self.path, Self.messages + asked)
            #expect(response.status == 200 && response.header("x-routed-via") == "One/one-model")
            let call = relay.providers[1].calls[0]
            #expect(call.text == #"{\#(added)"model":"one-model",\#(Self.messages)}"#)
            #expect(call.path == "/v1/chat/completions")
        }
    }

    @Test func `the client's own tools stay`() async throws {
        let how = #"{"tools":[{"type":"function","function":{"name":"google_search"}}]}"#
        try await RelayUnderTest.run([Self.member("One", how)]) { relay in
            let tools = #"[{"type":"function","function":{"name":"a"}}]"#
            _ = try await relay.post(Self.path, Self.messages + #","tools":\#(tools)"#)
            let names = relay.providers[0].calls[0].json["tools"]?.elements?
                .compactMap { $0["function"]?["name"]?.string }
            #expect(names == ["a", "google_search"])
        }
    }

    @Test(arguments: [false, true]) func `citations pass on, and the text that they point into`(
        _ stream: Bool
    ) async throws {
        try await RelayUnderTest.run([Self.member("One")]) { relay in
            let citations =
                #""annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":20}}]"#
            let text = #""content":"Certainly! Here is who won:\n\nA.""#
            let choice =
                #"{"index":0,"\#(stream ? "delta" : "message")":{"role":"assistant",\#(text),\#(citations)},"finish_reason":"stop"}"#
            let kind = stream ? "chat.completion.chunk" : "chat.completion"
            let body = #"{"id":"a","object":"\#(kind)","created":1,"model":"m","choices":[\#(choice)]}"#
            let raw =
                stream
                ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: \(body)\n\ndata: [DONE]\n\n"
                : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            relay.providers[0].play(.rawBytes([.init(raw)]))
            let response = try await relay.post(Self.path, Self.messages + (stream ? #","stream":true"# : ""))
            #expect(response.text.contains(citations) && response.text.contains(text))
        }
    }

    @Test func `the next tagged model takes over, and no other`() async throws {
        let members = [Self.member("One"), Self.member("Plain", tagged: false), Self.member("Three")]
        try await RelayUnderTest.run(members) { relay in
            relay.providers[0].play(.error(503, .openai, message: "down"))
            let response = try await relay.post(Self.path, Self.messages)
            #expect(response.header("x-fallback-trail") == "One/one-model=503")
            #expect(response.header("x-routed-via") == "Three/three-model")
            #expect(try await relay.ask().status == 200, "chat takes all of them")
        }
    }

    @Test func `without a tagged model it says so`() async throws {
        try await RelayUnderTest.run([Self.member("One", tagged: false)]) { relay in
            for model in ["meta-model", "one-model", "One/one-model"] {
                let response = try await relay.post(Self.path, model: model, Self.messages)
                #expect(response.status == 400 && response.isErrorEnvelope)
                #expect(response.json["error"]?["code"]?.string == "no_web_search_model")
                #expect(response.text.contains("'web-search'"))
            }
            #expect(relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `its errors are a chat completion's, whoever asks`() async throws {
        try await RelayUnderTest.run([Self.member("One", tagged: true)]) { relay in
            let headers: RelayUnderTest.Fields = [("anthropic-version", "2023-06-01")]
            let response = try await relay.request("POST", "/v1" + Self.path, headers: headers, body: "{")
            #expect(response.status == 400 && response.isErrorEnvelope && response.json["type"] == nil)
        }
    }
}
