import Testing

@testable import Relay

/// Every request that cannot be served gets the right status in OpenAI's envelope, and the connection is none the worse.
struct StrictnessTests {
    typealias Member = RelayUnderTest.Member

    static let good = #"{"model":"meta-model","messages":[{"role":"user","content":"hi"}]}"#

    struct Wrong: Sendable, CustomTestStringConvertible {
        var testDescription: String { body }
        var body: String
        var param: String?
        var says: String

        init(_ body: String, _ param: String?, _ says: String) {
            (self.body, self.param, self.says) = (body, param, says)
        }
    }

    private static let user = #""messages":[{"role":"user","content":"hi"}]"#

    static let wrong: [Wrong] = [
        Wrong("", nil, "at byte 0"),
        Wrong("{", nil, "at byte 1"),
        Wrong("hello", nil, "at byte 0"),
        Wrong(#"{"model":"m","#, nil, "at byte 13"),
        Wrong(#"{"model":"m" "messages":[]}"#, nil, "at byte 13"),
        Wrong(#"{"model":"m",}"#, nil, "at byte 13"),
        Wrong(#"{"model":'m'}"#, nil, "at byte 9"),
        Wrong(#"{"model":"m\q"}"#, nil, "at byte 11"),
        Wrong("{\"model\":\"a\nb\"}", nil, "at byte 11"),
        Wrong(#"{"model":"m","n":01}"#, nil, "at byte 17"),
        Wrong(#"{"model":"m","n":NaN}"#, nil, "at byte 17"),
        Wrong(#"{"model":"m","n":[1,]}"#, nil, "at byte 20"),
        Wrong(#"{"model":"m"} {}"#, nil, "at byte 14"),
        Wrong(String(repeating: "[", count: 5000), nil, "nested deeper"),
        Wrong(#"{"model":"m","x":"# + String(repeating: #"{"a":"#, count: 3000), nil, "nested deeper"),
        Wrong("[]", nil, "JSON object"),
        Wrong("null", nil, "JSON object"),
        Wrong("\"text\"", nil, "JSON object"),
        Wrong("{}", "model", "model"),
        Wrong("{\(user)}", "model", "model"),
        Wrong(#"{"model":null,\#(user)}"#, "model", "model"),
        Wrong(#"{"model":"",\#(user)}"#, "model", "model"),
        Wrong(#"{"model":1,\#(user)}"#, "model", "a string"),
        Wrong(#"{"model":["m"],\#(user)}"#, "model", "an array"),
        Wrong(#"{"model":"meta-model"}"#, "messages", "messages"),
        Wrong(#"{"model":"meta-model","messages":null}"#, "messages", "messages"),
        Wrong(#"{"model":"meta-model","messages":"hi"}"#, "messages", "a string"),
        Wrong(#"{"model":"meta-model","messages":{}}"#, "messages", "an object"),
        Wrong(#"{"model":"meta-model","messages":[]}"#, "messages", "empty array"),
        Wrong(#"{"model":"meta-model","messages":["hi"]}"#, "messages[0]", "an object"),
        Wrong(#"{"model":"meta-model","messages":[null]}"#, "messages[0]", "an object"),
        Wrong(#"{"model":"meta-model","messages":[{"content":"hi"}]}"#, "messages[0].role", "role"),
        Wrong(#"{"model":"meta-model","messages":[{"role":"robot","content":"hi"}]}"#, "messages[0].role", "'user'"),
        Wrong(#"{"model":"meta-model","messages":[{"role":7,"content":"hi"}]}"#, "messages[0].role", "role"),
        Wrong(#"{"model":"meta-model","messages":[{"role":"user","content":7}]}"#, "messages[0].content", "a number"),
        Wrong(#"{"model":"meta-model","messages":[{"role":"user","content":{}}]}"#, "messages[0].content", "an object"),
        Wrong(#"{"model":"meta-model","stream":"yes",\#(user)}"#, "stream", "a boolean"),
        Wrong(#"{"model":"meta-model","stream":1,\#(user)}"#, "stream", "a boolean"),
        Wrong(#"{"model":"meta-model","tools":{},\#(user)}"#, "tools", "an array"),
        Wrong(#"{"model":"meta-model","max_tokens":"9",\#(user)}"#, "max_tokens", "integer"),
        Wrong(#"{"model":"meta-model","max_tokens":0,\#(user)}"#, "max_tokens", "integer"),
        Wrong(#"{"model":"meta-model","max_tokens":-1,\#(user)}"#, "max_tokens", "integer"),
        Wrong(#"{"model":"meta-model","max_tokens":1.5,\#(user)}"#, "max_tokens", "integer"),
        Wrong(#"{"model":"meta-model","max_completion_tokens":[],\#(user)}"#, "max_completion_tokens", "integer"),
        Wrong(#"{"model":"meta-model","stream_options":true,\#(user)}"#, "stream_options", "an object"),
        Wrong(#"{"model":"meta-model","response_format":"json",\#(user)}"#, "response_format", "an object"),
        Wrong(#"{"model":"meta-model","response_format":{},\#(user)}"#, "response_format.type", "type"),
        Wrong(
            #"{"model":"meta-model","response_format":{"type":"xml"},\#(user)}"#,
            "response_format.type",
            "'json_object'"
        ),
        Wrong(#"{"model":"meta-model","model_type":1,\#(user)}"#, "model_type", "a string"),
        Wrong(#"{"model":"meta-model","model_scale":{},\#(user)}"#, "model_scale", "a string"),
        Wrong(#"{"model":"meta-model","model_name":[],\#(user)}"#, "model_name", "a string"),
    ]

    @Test func `a request that is wrong in itself is a 400 that says where`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            for wrong in Self.wrong {
                try await client.sendRequest("POST", "/v1/chat/completions", body: Array(wrong.body.utf8))
                let response = try await client.readResponse()
                let error = response.json["error"]
                #expect(response.status == 400 && response.isErrorEnvelope, "\(wrong.body.prefix(80))")
                #expect(error?["type"]?.string == "invalid_request_error")
                #expect(error?["param"]?.string == wrong.param, "\(wrong.body.prefix(80))")
                let message = error?["message"]?.string ?? ""
                #expect(message.contains(wrong.says), "\(wrong.body.prefix(80)): \(message)")
                #expect(response.header("x-should-retry") == "false" && response.header("x-request-id") != nil)
            }
            // All of them on one connection, and it still serves.
            try await client.sendRequest("POST", "/v1/chat/completions", body: Array(Self.good.utf8))
            #expect(try await client.readResponse().status == 200)
            await client.close()
            #expect(relay.providers[0].calls.count == 1)
            try await relay.becomesIdle()
        }
    }

    @Test func `bytes that are not UTF-8 are named`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let client = try await relay.connect()
            var body = Array(#"{"model":"meta-model","messages":[{"role":"user","content":""#.utf8)
            let place = body.count
            body += [0xC3, 0x28] + Array(#""}]}"#.utf8)
            try await client.sendRequest("POST", "/v1/chat/completions", body: body)
            let response = try await client.readResponse()
            #expect(response.status == 400 && response.text.contains("at byte \(place)"))
            await client.close()
        }
    }

    // MARK: Keys

    @Test func `only the right key opens`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.apiKey = "open-sesame" }) { relay in
            let good: [RelayUnderTest.Fields] = [
                [("Authorization", "Bearer open-sesame")], [("authorization", "bearer open-sesame")],
                [("x-api-key", "open-sesame")],
            ]
            for headers in good { #expect(try await relay.ask(headers: headers).status == 200) }
            let bad: [RelayUnderTest.Fields] = [
                [], [("Authorization", "")], [("Authorization", "Bearer ")], [("Authorization", "Bearer open-sesam")],
                [("Authorization", "Bearer open-sesame2")], [("Authorization", "Basic open-sesame")],
                [("x-api-key", "nonsense")], [("x-api-key", "")],
            ]
            for headers in bad {
                let answer = try await relay.ask(headers: headers)
                #expect(answer.status == 401 && answer.response.isErrorEnvelope, "\(headers)")
                #expect(answer.error?["type"]?.string == "authentication_error")
                #expect(answer.error?["code"]?.string == "invalid_api_key")
                #expect(answer.response.header("www-authenticate") != nil)
                #expect(answer.response.header("x-should-retry") == "false")
                for path in ["/v1/models", "/v1/usage", "/v1/models/x"] {
                    #expect(try await relay.request("GET", path, headers: headers).status == 401, "\(path)")
                }
            }
            #expect(try await relay.request("GET", "/health").status == 200)
            #expect(relay.providers[0].calls.count == 3)
        }
    }

    @Test func `without a key nobody but this machine gets in`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let foreign: [RelayUnderTest.Fields] = [
                [("Origin", "https://evil.example")], [("Host", "evil.example")], [("Host", "evil.example:8000")],
                [("Origin", "null")], [("Host", "127.0.0.1.evil.example")],
                [("Origin", "http://localhost.evil.example")],
            ]
            for headers in foreign {
                let answer = try await relay.ask(headers: headers)
                #expect(answer.status == 403 && answer.response.isErrorEnvelope, "\(headers)")
                #expect(try await relay.request("GET", "/v1/models", headers: headers).status == 403)
            }
            let own: [RelayUnderTest.Fields] = [
                [("Host", "localhost:8000")], [("Host", "[::1]:8000")], [("Origin", "http://localhost:3000")],
                [("Origin", "http://127.0.0.1:5173")],
            ]
            for headers in own { #expect(try await relay.ask(headers: headers).status == 200, "\(headers)") }
            #expect(relay.providers[0].calls.count == own.count)
        }
    }

    @Test func `a listed origin is answered before it has a key`() async throws {
        let settings: @Sendable (inout Settings) -> Void = { settings in
            settings.server.apiKey = "open-sesame"
            settings.server.corsOrigins = ["https://app.example"]
        }
        try await RelayUnderTest.run([Member("One")], settings: settings) { relay in
            let asking: RelayUnderTest.Fields = [
                ("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Headers", "authorization,content-type"),
            ]
            let preflight = try await relay.request("OPTIONS", "/v1/chat/completions", headers: asking)
            #expect((200...204).contains(preflight.status))
            #expect(preflight.header("access-control-allow-origin") == "https://app.example")
            #expect(preflight.header("access-control-allow-methods")?.contains("POST") == true)
            #expect(preflight.header("access-control-allow-headers")?.contains("authorization") == true)
            let origin: RelayUnderTest.Fields = [("Origin", "https://app.example"), ("x-api-key", "open-sesame")]
            for stream in [false, true] {
                let answer = try await relay.ask(stream: stream, headers: origin)
                #expect(answer.status == 200)
                #expect(answer.response.header("access-control-allow-origin") == "https://app.example")
            }
            let refused = try await relay.ask(headers: [("Origin", "https://app.example")])
            #expect(refused.status == 401)
            #expect(refused.response.header("access-control-allow-origin") == "https://app.example")
            let other = try await relay.request("OPTIONS", "/v1/models", headers: [("Origin", "https://evil.example")])
            #expect(other.header("access-control-allow-origin") == nil)
        }
    }

    // MARK: Addresses

    @Test func `unknown addresses and methods say so`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for (method, path) in [
                ("GET", "/nope"), ("POST", "/v1/nope"), ("GET", "/v2/models"), ("GET", "/v1/v1/models"),
            ] {
                let response = try await relay.request(method, path)
                #expect(response.status == 404 && response.isErrorEnvelope, "\(path)")
                #expect(response.json["error"]?["code"]?.string == "unknown_url")
            }
            for (method, path) in [
                ("GET", "/v1/chat/completions"), ("DELETE", "/v1/chat/completions"), ("POST", "/v1/models"),
                ("PUT", "/v1/usage"), ("POST", "/health"),
            ] {
                let response = try await relay.request(method, path, body: method == "GET" ? nil : "{}")
                #expect(response.status == 405 && response.isErrorEnvelope, "\(method) \(path)")
                #expect(response.header("allow")?.isEmpty == false, "\(method) \(path)")
            }
        }
    }

    @Test func `addresses work with and without v1, with a slash and a query`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay async throws in
            for path in [
                "/v1/chat/completions", "/chat/completions", "/v1/chat/completions/", "/chat/completions?beta=true",
            ] {
                #expect(try await relay.request("POST", path, body: Self.good).status == 200, "\(path)")
            }
            for path in ["/v1/models", "/models", "/v1/models/", "/v1/models?x=1", "/health", "/v1/health", "/", "/v1"]
            {
                #expect(try await relay.request("GET", path).status == 200, "\(path)")
            }
        }
    }

    @Test func `an unknown model is a 404 that names the nearest`() async throws {
        let entry = RelayUnderTest.Entry("llama-3.3-70b")
        try await RelayUnderTest.run([Member("Groq", models: [entry])]) { relay in
            for name in ["llama-3.3-70c", "Groq/llama-3.3-70c", "Grok/llama-3.3-70b"] {
                let answer = try await relay.ask(model: name)
                #expect(answer.status == 404 && answer.error?["code"]?.string == "model_not_found", "\(name)")
                #expect(answer.error?["param"]?.string == "model" && answer.response.isErrorEnvelope)
                #expect(answer.error?["message"]?.string?.contains("llama-3.3-70b") == true, "\(name)")
            }
        }
    }

    @Test func `a call that comes back from Relay itself is a loop`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            #expect(try await relay.ask().status == 200)
            let hop = try #require(relay.providers[0].calls.first?.header(Gatekeeper.hopHeader))
            let answer = try await relay.ask(headers: [(Gatekeeper.hopHeader, hop)])
            #expect(answer.status == 508 && answer.response.isErrorEnvelope)
            #expect(try await relay.ask(headers: [(Gatekeeper.hopHeader, "another-relay")]).status == 200)
        }
    }

    // MARK: Sizes and encodings

    @Test func `a body that is too long is refused before and while it comes`() async throws {
        try await RelayUnderTest.run([Member("One")], settings: { $0.server.maxBodyBytes = 2000 }) { relay in
            let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            let announced = try await relay.exchange(head + "Content-Length: 2001\r\n\r\n")
            let chunk = "3e8\r\n" + String(repeating: " ", count: 1000) + "\r\n"
            let chunked = try await relay.exchange(head + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk)
            for response in [announced, chunked] {
                #expect(response.status == 413 && response.isErrorEnvelope && response.text.contains("2000"))
                #expect(response.header("connection") == "close")
            }
            let padding = String(repeating: " ", count: 2000 - Self.good.utf8.count)
            #expect(try await relay.ask(body: Self.good + padding).status == 200)
            try await relay.becomesIdle()
        }
    }

    @Test func `a chunked body is read like any other`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            let pieces = Array(Self.good.utf8).map { "1\r\n\(String(decoding: [$0], as: UTF8.self))\r\n" }
            let response = try await relay.exchange(head + pieces.joined() + "0\r\n\r\n")
            #expect(response.status == 200)
            #expect(relay.providers[0].calls.first?.header("content-length") != nil)
        }
    }

    @Test func `encoded bodies are refused`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            for encoding in ["gzip", "br", "zstd", "gzip, identity"] {
                let answer = try await relay.ask(headers: [("Content-Encoding", encoding)])
                #expect(answer.status == 415 && answer.response.isErrorEnvelope, "\(encoding)")
            }
            #expect(try await relay.ask(headers: [("Content-Encoding", "identity")]).status == 200)
        }
    }

    @Test func `a head that is too long is refused`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let long = String(repeating: "a", count: 70_000)
            let start = "GET /health HTTP/1.1\r\nHost: localhost\r\n"
            let many = (0..<3000).map { "X-\($0): \(String(repeating: "b", count: 30))\r\n" }.joined()
            for head in [
                start + "X-Long: \(long)\r\n\r\n", start + many + "\r\n",
                "GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n",
            ] {
                let response = try await relay.exchange(head)
                #expect(response.status == 431 && response.isErrorEnvelope)
                #expect(response.header("connection") == "close")
            }
            let fits = String(repeating: "a", count: 40_000)
            #expect(try await relay.request("GET", "/health", headers: [("X-Long", fits)]).status == 200)
        }
    }

    @Test func `what is no HTTP gets a 400 and a closed connection`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let start = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            for bytes in [
                "nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{5}\r\n\r\n",
                start + "Content-Length: abc\r\n\r\n", start + "Content-Length: -5\r\n\r\n",
                start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", start + "Bad Name: x\r\n\r\n",
            ] {
                let response = try await relay.exchange(bytes)
                #expect(response.status == 400 && response.isErrorEnvelope, "\(bytes.debugDescription)")
                #expect(response.header("connection") == "close")
            }
            #expect(relay.providers[0].calls.isEmpty)
        }
    }

    @Test func `a body that breaks off gives back what it held`() async throws {
        try await RelayUnderTest.run([Member("One")]) { relay in
            let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            let chunk = "3e8\r\n" + String(repeating: " ", count: 1000) + "\r\n"
            #expect(try await relay.exchange(head + chunk + "zz\r\n").status == 400)
            let client = try await relay.connect()
            try await client.send(head + chunk)
            try await eventually(within: .seconds(30)) { relay.gateway.memory.bytes >= 1000 }
            await client.reset()
            try await eventually(within: .seconds(30)) { relay.gateway.memory.bytes == 0 }
        }
    }
}
