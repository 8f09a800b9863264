import NIOCore
import Testing

@testable import Clients

/// Whatever a client or a provider sends, the dialect answers with words or with a fault, and never with a crash.
struct GeminiFuzzTests {
    private static let request = #"""
        {"model":"gemini-3-pro","stream":true,"messages":[{"role":"system","content":"s"},{"role":"user","content":[
        {"type":"text","text":"a\u00e9"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":
        "{\"a\":[1,{\"b\":null}]}"},"extra_content":{"google":{"thought_signature":"S"}}}]},
        {"role":"tool","tool_call_id":"c","content":"{\"x\":1}"}],"tools":[{"type":"function","function":{"name":"f",
        "parameters":{"type":["object","null"],"properties":{"a":{"anyOf":[{"$ref":"#/$defs/T"},{"type":"null"}]}},
        "$defs":{"T":{"enum":["x",null]}},"required":["a"]}}}],"tool_choice":{"type":"function","function":{"name":"f"}},
        "stop":["a"],"temperature":0.5,"max_tokens":7,"reasoning_effort":"low","response_format":{"type":"json_schema",
        "json_schema":{"schema":{"type":"object","properties":{"q":{"const":1}}}}}}
        """#

    private static let answer = #"""
        [{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"é\n"},{"functionCall":{"name":"f",
        "args":{"a":1}},"thoughtSignature":"S"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}],"role":"model"},
        "finishReason":"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u","title":"t"}}],
        "groundingSupports":[{"segment":{"startIndex":0,"endIndex":999999},"groundingChunkIndices":[0,7]}]}}],
        "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"responseId":"r"},
        {"promptFeedback":{"blockReason":"SAFETY"}},{"error":{"code":503}}]
        """#

    /// Bytes changed, cut out, doubled.
    private static func mutated(_ text: String, _ random: inout SplitMix) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] = Array("{}[]\",:\\0en".utf8).randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }

    @Test func `damaged requests do no harm`() throws {
        var random = SplitMix(seed: 1)
        let dialect = GeminiDialect()
        for _ in 0..<3000 {
            let bytes = ByteBuffer(bytes: Self.mutated(Self.request, &random))
            guard let written = try? dialect.request(bytes) else { continue }
            // What goes out is JSON, whatever came in.
            written.withUnsafeReadableBytes { bytes in
                #expect((try? JSONView(document: bytes)) != nil, "\(String(buffer: written))")
            }
        }
    }

    @Test func `damaged answers do no harm`() throws {
        var random = SplitMix(seed: 2)
        let dialect = GeminiDialect()
        for _ in 0..<3000 {
            let bytes = Self.mutated(Self.answer, &random)
            if let whole = try? dialect.answer(ByteBuffer(bytes: bytes), to: GeminiAnswerTests.call) {
                whole.withUnsafeReadableBytes { #expect((try? JSONView(document: $0)) != nil) }
            }
            var stream = dialect.stream(of: GeminiAnswerTests.call)
            var events = ByteBuffer()
            let event = Array("data: ".utf8) + bytes.filter { $0 != 0x0A } + [0x0A, 0x0A]
            try? stream.receive(ByteBuffer(bytes: event), into: &events)
            try? stream.end(into: &events)
            var reader = SSEReader()
            reader.append(events)
            while let frame = try reader.next() {
                guard let data = frame.data, String(buffer: data) != "[DONE]" else { continue }
                data.withUnsafeReadableBytes {
                    #expect((try? JSONView(document: $0)) != nil, "\(String(buffer: data))")
                }
            }
        }
    }

    @Test func `thousands of calls and their results are paired`() throws {
        let count = 8000
        let calls = (0..<count).map { #"{"id":"c\#($0)","function":{"name":"f","arguments":"{}"}}"# }
        let results = (0..<count).reversed().map { #"{"role":"tool","tool_call_id":"c\#($0)","content":"x"}"# }
        let body = ByteBuffer(
            string: #"{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"x"},{"role":"assistant","#
                + #""tool_calls":[\#(calls.joined(separator: ","))]},\#(results.joined(separator: ","))]}"#
        )
        let written = try GeminiDialect().request(body)
        #expect(String(buffer: written).split(separator: "functionResponse").count == count + 1)
    }
}
