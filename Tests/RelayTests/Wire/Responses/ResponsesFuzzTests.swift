import NIOCore
import Testing

@testable import Relay

/// Bodies that went wrong on their way are refused, or they become requests that a strict provider takes.
struct ResponsesFuzzTests {
    private static let seeds: [[UInt8]] =
        (ResponsesReaderTests.InputCase.all.map(\.body)
        + ResponsesReaderTests.ParameterCase.all.map { #"{"model":"m","input":"hi",\#($0.members)}"# })
        .map { Array($0.utf8) }

    private static let words = [
        "null", "true", "[]", "{}", "\"\"", "-1", "\\ud800", "\"", "\\", "{", "}", "[", "]", ",", ":", "\n",
        "\"type\":\"function_call\",", "\"call_id\":\"c1\",", "\"input\":", "\"role\":\"assistant\",",
        "{\"type\":\"item_reference\",\"id\":\"x\"},", "\"content\":[],",
    ]
    .map { Array($0.utf8) }

    private static func mutant(_ number: Int) -> [UInt8] {
        var dice = SimulatedDice(state: UInt64(number))
        var body = seeds[number % seeds.count]
        for _ in 0..<Int.random(in: 1...3, using: &dice) where !body.isEmpty {
            let place = Int.random(in: 0..<body.count, using: &dice)
            let end = min(body.count, place + Int.random(in: 0...12, using: &dice))
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: body[place] = UInt8.random(in: 0x20...0x7E, using: &dice)
            case 1: body.removeSubrange(place..<end)
            case 2: body.insert(contentsOf: body[place..<end], at: Int.random(in: 0...body.count, using: &dice))
            case 3: body.insert(contentsOf: words.randomElement(using: &dice) ?? [], at: place)
            default: body.replaceSubrange(place..<end, with: words.randomElement(using: &dice) ?? [])
            }
        }
        return body
    }

    @Test func `mutated requests are refused or make sense`() throws {
        var taken = 0
        for number in 0..<8000 {
            let body = Self.mutant(number)
            let call: WireCall
            do throws(RequestFault) {
                let buffer = ByteBuffer(bytes: body)
                call = try ResponsesReader.read(buffer, ResponsesReaderTests.facts(), from: ResponseStore())
            } catch {
                #expect([400, 404].contains(ClientError(error).status))
                continue
            }
            taken += 1
            let text = String(decoding: body, as: UTF8.self)
            let chat = try SimulatedJSON.parse(Array(#require(call.request.chat).body.readableBytesView))
            do {
                // Contents are the client's own; whose they are and in which order is the reader's work.
                try SimulatedMessageCheck(json: chat, isStrict: true).check()
                try SimulatedParameterCheck(json: chat, isStrict: false).check()
            } catch {
                Issue.record("\(error.message): \(text)")
            }
            let answer = ByteBuffer(string: ResponsesEncoderTests.said("x"))
            let response = try #require(call.encoder).whole(answer)
            #expect(throws: Never.self, "\(text)") { try SimulatedJSON.parse(Array(response.readableBytesView)) }
        }
        #expect(taken > 500)
    }

    @Test func `thousands of turns are read`() throws {
        let items = (0..<4000)
            .map { turn in
                #"{"role":"user","content":"turn \#(turn)"},"#
                    + #"{"type":"function_call","call_id":"c\#(turn)","name":"f","arguments":"{}"},"#
                    + #"{"type":"function_call_output","call_id":"c\#(turn)","output":"x"}"#
            }
        let body = ByteBuffer(string: #"{"model":"m","input":[\#(items.joined(separator: ","))]}"#)
        let call = try ResponsesReader.read(body, ResponsesReaderTests.facts(), from: ResponseStore())
        #expect(call.request.chat?.messages.count == 12_000)
    }

    @Test func `thousands of tools are read`() throws {
        let count = 8000
        let tools = (0..<count).map { #"{"type":"function","name":"f\#($0)","description":"does it"}"# }
        let allowed = (0..<count).map { #"{"type":"function","name":"f\#($0)"}"# }
        let body = ByteBuffer(
            string: #"{"model":"m","input":"x","tools":[\#(tools.joined(separator: ","))],"tool_choice":"#
                + #"{"type":"allowed_tools","mode":"auto","tools":[\#(allowed.joined(separator: ","))]}}"#
        )
        let call = try ResponsesReader.read(body, ResponsesReaderTests.facts(), from: ResponseStore())
        #expect(call.request.chat?.toolNames().count == count)
    }

    @Test func `thousands of items of one response are looked up`() throws {
        let count = 4000
        let input = (0..<count).map { #"{"role":"user","content":"turn \#($0)"}"# }.joined(separator: ",")
        let store = ResponseStore()
        store.keep(
            ResponseStore.Kept(
                id: "resp_t1",
                response: ByteBuffer(string: "[]"),
                output: 0..<2,
                input: ByteBuffer(string: "[\(input)]"),
                previous: nil
            ),
            of: "",
            at: .now
        )
        let references = (0..<count).map { #"{"type":"item_reference","id":"msg_t1_i\#($0)"}"# }
        let body = #"{"model":"m","input":[\#(references.joined(separator: ","))]}"#
        let call = try ResponsesReader.read(ByteBuffer(string: body), ResponsesReaderTests.facts(), from: store)
        #expect(call.request.chat?.messages.count == count)
    }
}
