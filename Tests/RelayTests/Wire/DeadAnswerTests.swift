import NIOCore
import Testing

@testable import Relay

struct DeadAnswerTests {
    private func read(_ text: String, deadAnswers: [String]) throws -> ChatWholeReply.Reading {
        let route = try RenderingTests.route { $0.deadAnswers = deadAnswers }
        let body =
            #"{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"\#(text)"},"#
            + #""finish_reason":"stop"}]}"#
        return ChatWholeReply.read(
            ByteBuffer(string: body),
            normalization: nil,
            requestTag: "t",
            note: nil,
            errors: UpstreamErrorContext(head: nil, route: route, now: .read())
        )
    }

    @Test(arguments: ["safe", "Safe.", " unsafe\\n"])
    func `a text that a provider sends in place of an answer is none`(_ text: String) throws {
        guard case .failed(.emptyAnswer, _) = try read(text, deadAnswers: ["safe", "unsafe"]) else {
            Issue.record("taken for an answer")
            return
        }
    }

    @Test(arguments: [("safe", []), ("safe and sound", ["safe"])])
    func `everything else is an answer`(_ text: String, _ deadAnswers: [String]) throws {
        guard case .answer = try read(text, deadAnswers: deadAnswers) else {
            Issue.record("not taken for an answer")
            return
        }
    }
}
