import NIOCore
import Testing

@testable import Relay

struct DeadAnswerTests {
    private func read(_ text: String, deadAnswers: [String]) -> ChatWholeReply.Reading {
        let body =
            #"{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"\#(text)"},"#
            + #""finish_reason":"stop"}]}"#
        return ChatWholeReply.read(
            ByteBuffer(string: body),
            normalization: nil,
            requestTag: "t",
            note: nil,
            deadAnswers: deadAnswers
        )
    }

    @Test(arguments: ["safe", "Safe.", " unsafe\\n"])
    func `a text that a provider sends in place of an answer is none`(_ text: String) {
        guard case .failed(.emptyAnswer) = read(text, deadAnswers: ["safe", "unsafe"]) else {
            Issue.record("taken for an answer")
            return
        }
    }

    @Test(arguments: [("safe", []), ("safe and sound", ["safe"])])
    func `everything else is an answer`(_ text: String, _ deadAnswers: [String]) {
        guard case .answer = read(text, deadAnswers: deadAnswers) else {
            Issue.record("not taken for an answer")
            return
        }
    }
}
