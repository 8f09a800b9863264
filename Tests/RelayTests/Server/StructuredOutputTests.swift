import Testing

@testable import Relay

/// Answers that have to be JSON of a form: held against their schema, given to the next candidate where they are not.
struct StructuredOutputTests {
    typealias Member = RelayUnderTest.Member

    private static let format =
        #""response_format":{"type":"json_schema","json_schema":{"name":"city","schema":{"type":"object","#
        + #""properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}}"#

    private static func member(_ name: String, says json: String, enforces: Bool = false) -> Member {
        let entry = RelayUnderTest.Entry("\(name.lowercased())-model", more: enforces ? #""json_schema":true"# : "")
        return Member(name, models: [entry], .init().with { $0.jsonAnswer = json })
    }

    @Test(arguments: [false, true])
    func `an answer off its schema is a failed attempt, and the trail says why`(_ isStream: Bool) async throws {
        let members = [Self.member("One", says: #"{"city":5}"#), Self.member("Two", says: #"{"city":"Paris"}"#)]
        try await RelayUnderTest.run(members) { relay in
            let answer = try await relay.ask(stream: isStream, members: Self.format)
            #expect(answer.status == 200 && answer.content == #"{"city":"Paris"}"# && answer.isDone == isStream)
            #expect(answer.response.header("x-routed-via") == "Two/two-model")
            let trail = answer.response.header("x-fallback-trail")
            #expect(trail == "One/one-model=schema ($.city: expected string, got number)")
        }
    }

    @Test(arguments: [false, true])
    func `when nobody keeps to the schema the client is told where`(_ isStream: Bool) async throws {
        try await RelayUnderTest.run([Self.member("One", says: #"{"town":"Paris"}"#)]) { relay in
            let answer = try await relay.ask(stream: isStream, members: Self.format)
            #expect(answer.status == 503)
            let note = answer.error?["attempts"]?[0]?["outcome"]?.string ?? ""
            #expect(note.hasPrefix("schema ($") && note.contains("city"), "\(note)")
        }
    }

    /// What the route promised went out as it came; the end is an error, not a `stop`.
    @Test func `a stream that breaks its promised schema ends in an error event`() async throws {
        let long = #"{"city":"\#(String(repeating: "Paris ", count: 50))","more":1}"#
        let member = Self.member("One", says: long, enforces: true)
        try await RelayUnderTest.run([member]) { relay in
            let answer = try await relay.ask(stream: true, members: Self.format)
            #expect(answer.status == 200 && !answer.isDone)
            #expect(answer.error?["code"]?.string == "stream_interrupted")
        }
    }

    @Test func `a schema is held against what the rules have made of the answer`() async throws {
        let member = Member(
            "One",
            .init()
                .with { behavior in
                    behavior.jsonAnswer = #"{city: 'Paris',}"#
                    behavior.decoration.fencesJSON = true
                    behavior.decoration.preamble = "Certainly!\n\n"
                }
        )
        try await RelayUnderTest.run([member]) { relay in
            for isStream in [false, true] {
                let answer = try await relay.ask(stream: isStream, members: Self.format)
                let json = try SimulatedJSON.parse(answer.content)
                #expect(answer.status == 200 && json["city"]?.string == "Paris", "\(answer.content)")
            }
        }
    }

    @Test func `a stream of JSON that needs mending is valid when it ends`() async throws {
        let broken = #"{"city":"Paris","text":"\#(String(repeating: "word ", count: 200))","list":[1,2,3,]"#
        try await RelayUnderTest.run([Self.member("One", says: broken)]) { relay in
            let members = #""response_format":{"type":"json_object"}"#
            let whole = try await relay.ask(members: members)
            let streamed = try await relay.ask(stream: true, members: members)
            let json = try SimulatedJSON.parse(streamed.content)
            #expect(json["city"]?.string == "Paris" && json["list"]?.elements?.count == 3)
            #expect(streamed.content == whole.content && streamed.isDone)
            #expect(streamed.deltas.count > 2, "it comes in pieces")
        }
    }
}
