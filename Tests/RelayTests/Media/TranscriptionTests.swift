import Testing

@testable import Relay

/// Forms with a file go up as they came, but for the model's name.
struct TranscriptionTests {
    typealias Member = RelayUnderTest.Member

    private static let members = ["One", "Two"].map { Member($0, models: [.init("whisper", type: "transcription")]) }

    /// The file's bytes as the provider got them.
    private static func file(_ request: SimulatedProvider.ReceivedRequest) throws -> [UInt8]? {
        try SimulatedForm(request.body, contentType: request.header("content-type") ?? "").parts
            .first { $0.name == "file" }?
            .value
    }

    @Test(arguments: ["/audio/transcriptions", "/audio/translations"])
    func `the form goes up with the model spliced and Relay's own parts left out`(_ path: String) async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let own = [("model_scale", "large"), ("prompt", "Rivers"), ("model_name", "whis")]
            let response = try await relay.send(Form(own), to: path)
            #expect(response.status == 200 && response.json["text"]?.string == "Heard 2000 bytes of speech.mp3.")
            let call = relay.providers[0].calls[0]
            #expect(call.path == "/v1\(path)" && call.header("content-type") == Form().contentType)
            #expect(call.body == Form(model: "whisper", [("prompt", "Rivers")]).bytes)
        }
    }

    @Test(arguments: ["text", "srt", "vtt", "json", "verbose_json"])
    func `every format comes as the provider wrote it`(_ format: String) async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let response = try await relay.send(Form([("response_format", format)]))
            #expect(response.status == 200 && response.text.contains("Heard 2000 bytes of speech.mp3."))
            let type = format.hasSuffix("json") ? "application/json" : "text/plain; charset=utf-8"
            #expect(response.header("content-type") == type)
        }
    }

    @Test func `events come as they are`() async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let response = try await relay.send(Form([("stream", "true")]))
            let types = SSEEvents.items(in: response.body)
                .compactMap { $0.data.flatMap { try? SimulatedJSON.parse($0) }?["type"]?.string }
            #expect(response.isStream && types.last == "transcript.text.done" && types.count == 6)
        }
    }

    @Test func `the same form goes to the next provider`() async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            relay.providers[0].play(.rateLimited(.groq, retryAfter: "30"))
            let response = try await relay.send(Form())
            #expect(response.header("x-fallback-trail") == "One/whisper=429" && response.status == 200)
            let files = try relay.providers.map { try Self.file($0.calls[0]) }
            #expect(files == [Form.sound, Form.sound])
            try await relay.becomesIdle()
        }
    }

    /// What looks like a boundary and is none.
    static let decoys = [
        "d1c1b0e5a7", "--d1c1b0e5a7", "--d1c1b0e5a7--", "\r\n--d1c1b0e5a", "\r\n--d1c1b0e5a7x\r\n",
        "\r\n--d1c1b0e5a78--\r\n", "\n--d1c1b0e5a7\n", "\r\n\r\n--d1c1b0e5a7x", "\r\r\r\n\r\n", "\r\n-", "\r",
        "\r\n--d1c1b0e5a7-\r\n", "",
    ]

    @Test(arguments: decoys) func `a file may hold what looks like a boundary`(_ decoy: String) async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let file = [0xFF, 0x00] + Array(decoy.utf8) + [0xFE] + Array(decoy.utf8)
            let response = try await relay.send(Form(file: file))
            #expect(response.status == 200)
            let sent = try Self.file(relay.providers[0].calls[0])
            #expect(sent == file)
        }
    }

    @Test(arguments: [1, 7, 100]) func `a form may come in any pieces`(_ size: Int) async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let form = Form(file: Array("\r\n--d1c1b0e5a7x\r\nabc\r\n".utf8))
            let client = try await relay.connect()
            let head =
                "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(form.contentType)\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
            try await client.send(head)
            var bytes = form.bytes[...]
            while !bytes.isEmpty {
                let piece = bytes.prefix(size)
                bytes = bytes.dropFirst(size)
                try await client.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A])
            }
            try await client.send("0\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
            #expect(relay.providers[0].calls[0].body == Form(file: form.parts[0].value, model: "whisper").bytes)
            await client.close()
        }
    }

    @Test func `a quoted boundary and blanks behind it`() async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let body =
                "--a b\r\ncontent-disposition: FORM-DATA; filename=\"x;y.mp3\"; name=file\r\n\r\nabc\r\n"
                + "--a b \t\r\nX-Other: 1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmeta-model\r\n--a b--"
            let response = try await relay.request(
                "POST",
                "/v1/audio/transcriptions",
                headers: [("Content-Type", "Multipart/Form-Data; charset=utf-8; boundary=\"a b\"")],
                body: body
            )
            #expect(relay.providers[0].calls.first?.text == body.replacing("meta-model", with: "whisper"))
            #expect(response.header("x-gateway-attempts") != nil)
        }
    }

    @Test func `what is missing or wrong is said`() async throws {
        try await RelayUnderTest.run(Self.members) { relay in
            let wrong = [
                (Form(model: nil), "model"), (Form(model: ""), "model"), (Form(file: nil), "file"),
                (Form(file: []), "file"),
            ]
            for (form, param) in wrong {
                let response = try await relay.send(form)
                #expect(response.status == 400 && response.isErrorEnvelope)
                #expect(response.json["error"]?["param"]?.string == param)
            }
            var cut = Form()
            cut.boundary = "else"
            let bodies: [(String, String)] = [
                ("application/json", #"{"model":"whisper","file":"x"}"#), ("", "x"), ("multipart/form-data", "x"),
                ("multipart/form-data; boundary=", "x"), (Form().contentType, ""), (Form().contentType, "--d1c1b0e5a7"),
                (Form().contentType, "--d1c1b0e5a7\r\n"), (Form().contentType, "--d1c1b0e5a7\r\n--d1c1b0e5a7--"),
                (Form().contentType, String(decoding: cut.bytes, as: UTF8.self)),
                (Form().contentType, String(decoding: Form().bytes.dropLast(20), as: UTF8.self)),
            ]
            for (type, body) in bodies {
                let headers = type.isEmpty ? [] : [(name: "Content-Type", value: type)]
                let response = try await relay.request("POST", "/v1/audio/transcriptions", headers: headers, body: body)
                #expect(response.status == 400 && response.isErrorEnvelope, "\(type): \(body)")
            }
            #expect(relay.providers.allSatisfy { $0.calls.isEmpty })
        }
    }

    @Test func `a file over the limit is refused`() async throws {
        try await RelayUnderTest.run(Self.members, settings: { $0.server.maxBodyBytes = 10_000 }) { relay in
            let response = try await relay.send(Form(file: SimulatedMediaAnswer.sound(20_000)))
            #expect(response.status == 413 && response.isErrorEnvelope)
        }
    }

    @Test func `forms that went wrong on their way are read or refused`() {
        let seed = Form([("prompt", "Rivers"), ("model_type", "transcription")]).bytes
        for number in 0..<20_000 {
            var dice = SimulatedDice(state: UInt64(number))
            var body = seed
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                let place = Int.random(in: 0..<body.count, using: &dice)
                // The file is the longest part and the dullest.
                let near = Bool.random(using: &dice) ? place % 160 : body.count - 1 - place % 400
                switch Int.random(in: 0..<4, using: &dice) {
                case 0: body[near] = UInt8.random(in: .min ... .max, using: &dice)
                case 1: body.remove(at: near)
                case 2: body.insert(contentsOf: Array("\r\n--d1c1b0e5a7".utf8), at: near)
                default: body.removeSubrange(near..<min(body.count, near + 30))
                }
            }
            body.withUnsafeBytes { bytes in
                guard let parts = try? MultipartForm.parts(of: bytes, contentType: Form().contentType) else { return }
                for part in parts { #expect(part.range.contains(part.value) && part.range.upperBound <= bytes.count) }
            }
        }
    }
}

extension Range<Int> {
    fileprivate func contains(_ inner: Range<Int>) -> Bool {
        lowerBound <= inner.lowerBound && inner.upperBound <= upperBound
    }
}
