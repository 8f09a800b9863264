import Testing

@testable import Relay

/// A provider's refusal and what it means.
struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var headers: [String: String] = [:]
    var body: String
    var quirks = Quirks()
    var meaning: UpstreamFailure

    var testDescription: String { name }
}

struct UpstreamErrorReaderTests {
    private func read(_ refusal: Refusal) -> UpstreamFailure {
        UpstreamErrorReader.read(
            status: refusal.status,
            headers: FakeHeaders(fields: refusal.headers),
            body: Array(refusal.body.utf8),
            quirks: refusal.quirks,
            now: QuotaClock.at(0)
        )
    }

    @Test(arguments: Refusal.rateLimits)
    func `rate limits and used-up quotas are told with when and what`(refusal: Refusal) {
        #expect(read(refusal) == refusal.meaning)
    }

    @Test(arguments: Refusal.sizes)
    func `prompts and answers that are too long are told with the limit`(refusal: Refusal) {
        #expect(read(refusal) == refusal.meaning)
    }

    @Test(arguments: Refusal.others)
    func `keys, models, faults and bad requests are told apart`(refusal: Refusal) {
        #expect(read(refusal) == refusal.meaning)
    }

    @Test(arguments: [
        400, 401, 402, 403, 404, 408, 409, 410, 413, 415, 418, 422, 429, 451, 498, 500, 502, 503, 529, 200, 302,
    ])
    func `an empty body leaves the status`(status: Int) {
        let failure = read(Refusal(name: "", status: status, body: "", meaning: .unauthorized))
        let expected: UpstreamFailure =
            switch status {
            case 401: .unauthorized
            case 402: .quotaExhausted(.none)
            case 403: .forbidden(wholeKey: false)
            case 404, 410: .modelNotFound
            case 413: .payloadTooLarge
            case 429: .rateLimited(.none)
            case 200: .serverError(status: 502)
            case 302: .unreadable("redirect 302")
            case 408, 498, 500...: .serverError(status: status)
            default: .badRequest(status: status)
            }
        #expect(failure == expected)
    }

    @Test(arguments: [
        (#"{"error":{"message":"Bad thing","type":"invalid_request_error","param":"x","code":"c"}}"#, "Bad thing"),
        (#"{"error":"model 'x' not found"}"#, "model 'x' not found"),
        (#"{"message":"nope"}"#, "nope"),
        (#"{"detail":"Not Found"}"#, "Not Found"),
        (#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, "field required"),
        (#"[{"error":{"code":400,"message":"in an array"}}]"#, "in an array"),
        (#"{"errors":[{"message":"AiError: no","code":5007}],"success":false}"#, "AiError: no"),
        (#"data: {"error":{"message":"in a stream"}}"#, "in a stream"),
        (
            #"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"slow down"}}}"#,
            "Provider returned error: slow down"
        ),
        (#"{"error":{"message":"a\nb\u0041\ud83d\ude00\"c\""}}"#, "a bA😀\"c\""),
        (#"{"status":500,"title":"Internal"}"#, "Internal"),
        ("upstream connect error", "upstream connect error"),
        ("<html>no</html>", nil), ("", nil), ("{}", nil), ("{\"error\":", nil),
        (#"{"error":{"message":"cut he"#, "cut he"),
    ])
    func `the upstream's own message is found`(body: String, message: String?) {
        #expect(UpstreamErrorReader.message(in: Array(body.utf8)) == message)
    }

    @Test(arguments: [
        "sk-proj-abcdefghijklmnop1234", "gsk_a1b2c3d4e5f6g7h8i9j0k1l2m3n4", "nvapi-AbCd-efgh_1234567890",
        "AIzaSyA1234567890abcdefghijklmnopqrs", "hf_abcdefGHIJKL12345", "eyJhbGciOiJIUzI1NiJ9",
        "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", "csk-1234567890abcdef",
    ])
    func `keys are masked in messages`(key: String) {
        let body = #"{"error":{"message":"Incorrect API key provided: '\#(key)'. See https://x.y."}}"#
        let message = UpstreamErrorReader.message(in: Array(body.utf8))
        #expect(message == "Incorrect API key provided: '\(key.prefix(4))…'. See https://x.y.")
    }

    @Test(arguments: [
        "llama-3.3-70b-versatile", "nvidia/nemotron-3-super-120b-a12b-instruct",
        "@cf/meta/llama-4-scout-17b-16e-instruct",
    ])
    func `model names are not masked`(name: String) {
        #expect(UpstreamErrorDetails.sanitized("model \(name) is busy") == "model \(name) is busy")
    }

    @Test func `messages are at most 500 characters`() {
        let body = #"{"error":{"message":"\#(String(repeating: "word ", count: 10_000))"}}"#
        #expect((UpstreamErrorReader.message(in: Array(body.utf8)) ?? "").count == 500)
    }

    @Test func `type, code and param are kept`() {
        let body = #"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#
        let details = UpstreamErrorDetails(body: Array(body.utf8))
        #expect(details.type == "t" && details.param == "p" && details.code == "c")
    }

    @Test func `no bytes crash the reader`() {
        var generator = SeededGenerator(seed: 3)
        let bodies = (Refusal.rateLimits + Refusal.sizes + Refusal.others).map { Array($0.body.utf8) }
        for round in 0..<1500 {
            var body = bodies[round % bodies.count]
            for _ in 0..<Int.random(in: 0..<6, using: &generator) where !body.isEmpty {
                let at = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: body[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: body.remove(at: at)
                case 2: body.insert(UInt8.random(in: 0...255, using: &generator), at: at)
                default: body = Array(body.prefix(at))
                }
            }
            let status = [200, 400, 401, 403, 404, 413, 429, 500, 503].randomElement(using: &generator) ?? 400
            _ = UpstreamErrorReader.read(
                status: status,
                headers: FakeHeaders(),
                body: body,
                now: QuotaClock.at(0)
            )
            _ = UpstreamErrorReader.message(in: body)
        }
        let deep = Array(repeating: UInt8(0x5B), count: 100_000)
        _ = UpstreamErrorReader.message(in: deep)
        let nested = Array(String(repeating: #"{"a":"#, count: 20_000).utf8)
        _ = UpstreamErrorReader.message(in: nested)
    }
}
