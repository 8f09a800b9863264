import Testing

@testable import Relay

/// Bodies that went wrong on their way neither crash Relay nor leave a client without an answer.
struct MutationTests {
    private static let seeds: [[UInt8]] = [
        StrictnessTests.good,
        #"{"model":"meta-model","messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:,"}}]}],"temperature":0.5,"max_tokens":100}"#,
        #"{"messages":[{"role":"user","content":"Füße 🙂 \u00e4\n\"q\""},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}],"model":"One/one-model","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}"#,
        #"{"model":"meta-model","stream":true,"stream_options":{"include_usage":true,"x":[]},"messages":[{"role":"user","content":"hi"}],"n":2,"stop":["a","b"]}"#,
        #"{"model":"meta-model","model_type":"text","model_scale":"large","model_name":"one","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","properties":{"b":{"type":"integer"}}}}}}"#,
    ]
    .map { Array($0.utf8) }

    private static let words = [
        "null", "true", "[]", "{}", "\"\"", "-1", "1e999", "00", "\\u0000", "\\ud800", "\"", "\\", "{", "}", "[", "]",
        ",", ":",
        "\"model\":", "\"messages\":", "\"role\":\"tool\"", "\"stream\":true", "\"max_tokens\":1",
    ]
    .map { Array($0.utf8) }

    /// Deterministic in `number`.
    static func mutant(_ number: Int) -> [UInt8] {
        var dice = SimulatedDice(state: UInt64(number))
        var body = seeds[number % seeds.count]
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            guard !body.isEmpty else { break }
            let place = Int.random(in: 0..<body.count, using: &dice)
            let end = min(body.count, place + Int.random(in: 0...12, using: &dice))
            switch Int.random(in: 0..<8, using: &dice) {
            case 0: body[place] = UInt8.random(in: .min ... .max, using: &dice)
            case 1: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
            case 2: body.remove(at: place)
            case 3: body.removeSubrange(place..<end)
            case 4: body.removeSubrange(place...)
            case 5: body.insert(contentsOf: body[place..<end], at: Int.random(in: 0...body.count, using: &dice))
            case 6: body.insert(contentsOf: words.randomElement(using: &dice) ?? [], at: place)
            default: body.replaceSubrange(place..<end, with: words.randomElement(using: &dice) ?? [])
            }
        }
        return body
    }

    @Test(arguments: 0..<4) func `ten thousand mutated bodies are all answered`(_ quarter: Int) async throws {
        let entry = RelayUnderTest.Entry("one-model", more: #""inputs":["text","image"]"#)
        let member = RelayUnderTest.Member("One", models: [entry])
        try await RelayUnderTest.run([member], settings: { $0.routing.maxQuotaWaitSeconds = 0 }) { relay in
            let client = try await relay.connect()
            var tally: [Int: Int] = [:]
            for batch in stride(from: quarter * 2500, to: (quarter + 1) * 2500, by: 5) {
                var bytes: [UInt8] = []
                for number in batch..<batch + 5 {
                    let body = Self.mutant(number)
                    let head =
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.count)\r\n\r\n"
                    bytes += Array(head.utf8) + body
                }
                try await client.send(bytes)
                for number in batch..<batch + 5 {
                    let response = try await client.readResponse(within: .seconds(30))
                    tally[response.status, default: 0] += 1
                    let isSound =
                        response.isStream
                        ? !SSEEvents.items(in: response.body).isEmpty
                        : response.json.members != nil && (response.status == 200 || response.isErrorEnvelope)
                    let isExpected = response.status == 200 || (400..<500).contains(response.status)
                    if !isSound || !isExpected {
                        let sent = String(decoding: Self.mutant(number), as: UTF8.self)
                        Issue.record("\(number): \(sent) → \(response.status) \(response.text.prefix(300))")
                    }
                }
            }
            await client.close()
            #expect(tally[200, default: 0] > 50 && tally[400, default: 0] > 1000, "\(tally)")
            // What was passed on was JSON, whatever had been done to it.
            #expect(relay.providers[0].calls.allSatisfy { $0.json.members != nil })
            try await eventually(within: .seconds(30)) {
                relay.gateway.memory.bytes == 0 && relay.gateway.admission.running == 0
            }
        }
    }
}
