import Normalize
import Testing

@testable import Relay

/// A provider that refuses its own model's tool call gives the call away with the refusal.
struct FailedGenerationTests {
    typealias Member = RelayUnderTest.Member

    private static let tools =
        #""tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","#
        + #""properties":{"city":{"type":"string"}}}}}]"#

    private static func refusal(_ generation: String) -> String {
        #"{"error":{"message":"Failed to call a function. See 'failed_generation'.","type":"invalid_request_error","#
            + #""code":"tool_use_failed","failed_generation":\#(SimulatedJSON.quoted(generation))}}"#
    }

    private static let call = "<function=weather>{\"city\": \"Paris\"}</function>"

    @Test(arguments: [false, true])
    func `the call in a refused generation is the answer`(_ isStream: Bool) async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two")]) { relay in
            relay.providers[0].play(.status(400, body: Self.refusal(Self.call)))
            let answer = try await relay.ask(stream: isStream, members: Self.tools)
            #expect(answer.status == 200 && answer.response.header("x-routed-via") == "One/one-model")
            #expect(answer.toolCalls.map(\.name) == ["weather"] && answer.finishReasons == ["tool_calls"])
            #expect(answer.toolCalls.first?.arguments == #"{"city": "Paris"}"#)
            #expect(answer.toolCalls.first?.id?.isEmpty == false && answer.isDone == isStream)
            let entry = relay.gateway.chain.usage.snapshot().first
            #expect(entry?.changes == [.toolRescue: 1] && entry?.failures == [:])
        }
    }

    @Test func `so is that of an error in a stream`() async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two")]) { relay in
            relay.providers[0].play(.errorFrameInStream(afterChunks: 0, body: Self.refusal(Self.call)))
            let answer = try await relay.ask(stream: true, members: Self.tools)
            #expect(answer.status == 200 && answer.response.header("x-routed-via") == "One/one-model")
            #expect(
                answer.toolCalls.map(\.name) == ["weather"] && answer.finishReasons == ["tool_calls"] && answer.isDone
            )
        }
    }

    @Test(arguments: ["nothing like a call", "<function=other>{}</function>"])
    func `without a call of an offered tool the next candidate answers`(_ generation: String) async throws {
        try await RelayUnderTest.run([Member("One"), Member("Two")]) { relay in
            relay.providers[0].play(.status(400, body: Self.refusal(generation)))
            let answer = try await relay.ask(members: Self.tools)
            #expect(answer.status == 200 && answer.response.header("x-fallback-trail") == "One/one-model=invalid")
        }
    }
}
