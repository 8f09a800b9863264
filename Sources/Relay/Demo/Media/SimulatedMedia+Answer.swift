extension SimulatedProvider {
    /// What a provider's other models make.
    struct Media: Sendable {
        /// Models of one family give the same vectors.
        var family = "simulated"
        /// Length of a vector where none is asked for, and the most there can be.
        var dimensions = 8
        /// Whether vectors can be asked for shorter.
        var takesDimensions = true
        /// How embeddings are written, whatever is asked for; `nil` does as it is told.
        var encoding: Encoding?
        /// Bytes of sound, in pieces of 4 KB.
        var soundBytes = 40_000
        /// What is heard; without it the file's name and size are told.
        var transcript: String?

        enum Encoding: Sendable { case numbers, base64 }
    }
}

/// The answer to a call of an endpoint other than chat.
struct SimulatedMediaAnswer: Sendable {
    typealias Complaint = SimulatedCheck.Complaint

    var contentType = "application/json"
    var pieces: [[UInt8]]

    init(to call: SimulatedMedia, _ media: SimulatedProvider.Media, isEmpty: Bool = false) {
        switch call.endpoint {
        case .embeddings: pieces = [Array(Self.embeddings(call, media, isEmpty: isEmpty).utf8)]
        case .images: pieces = [Array(Self.images(call, isEmpty: isEmpty).utf8)]
        case .moderations: pieces = [Array(Self.moderations(call).utf8)]
        case .speech:
            contentType = SimulatedMedia.soundTypes[call.members["response_format"]?.string ?? "mp3"] ?? ""
            let sound = Self.sound(isEmpty ? 0 : media.soundBytes)
            pieces = stride(from: 0, to: sound.count, by: 4096).map { Array(sound[$0..<min($0 + 4096, sound.count)]) }
        case .transcriptions, .translations:
            let (type, text) = Self.transcript(call, media)
            contentType = type
            pieces = call.members["stream"]?.string == "true" ? Self.events(text) : [Array(text.utf8)]
            if call.members["stream"]?.string == "true" { contentType = "text/event-stream" }
        }
    }

    /// What the model cannot make.
    static func check(_ call: SimulatedMedia, _ media: SimulatedProvider.Media) throws(Complaint) {
        guard call.endpoint == .embeddings, let asked = call.members["dimensions"]?.integer else { return }
        guard media.takesDimensions else {
            throw SimulatedMedia.invalid("dimensions", "This model does not support specifying dimensions.")
        }
        guard asked <= media.dimensions else {
            throw SimulatedMedia.invalid("dimensions", "'dimensions' must be at most \(media.dimensions).")
        }
    }

    // MARK: Embeddings

    private static func embeddings(_ call: SimulatedMedia, _ media: SimulatedProvider.Media, isEmpty: Bool) -> String {
        let asked = call.members["dimensions"]?.integer ?? media.dimensions
        let asBase64 =
            switch media.encoding {
            case .numbers: false
            case .base64: true
            case nil: call.members["encoding_format"]?.string == "base64"
            }
        let inputs = isEmpty ? [] : call.inputs
        let data = inputs.enumerated()
            .map { place, input in
                let vector = vector(of: input, media).shortened(to: asked)
                let text = asBase64 ? "\"\(base64(vector))\"" : "[\(vector.map(\.description).joined(separator: ", "))]"
                return #"{"object":"embedding","index":\#(place),"embedding":\#(text)}"#
            }
        let tokens = call.promptTokens
        return
            #"{"object":"list","data":[\#(data.joined(separator: ","))],"model":\#(SimulatedJSON.quoted(call.model)),"#
            + #""usage":{"prompt_tokens":\#(tokens),"total_tokens":\#(tokens)}}"#
    }

    /// The same for the same text and family, of unit length.
    static func vector(of text: String, _ media: SimulatedProvider.Media) -> [Float] {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in Array(media.family.utf8) + [0] + Array(text.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        var dice = SimulatedDice(state: hash)
        return (0..<media.dimensions).map { _ in Float.random(in: -1...1, using: &dice) }
            .shortened(to: media.dimensions)
    }

    private static func base64(_ vector: [Float]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = vector.flatMap { number in (0..<4).map { UInt8(number.bitPattern >> (8 * $0) & 255) } }
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0..<4 {
                text.append(digit <= group.count ? digits[bits >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Others

    /// A PNG of one pixel.
    static let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    private static func images(_ call: SimulatedMedia, isEmpty: Bool) -> String {
        let asURL = call.members["response_format"]?.string == "url"
        let image =
            asURL ? #"{"url":"https://images.example.com/1.png"}"# : #"{"b64_json":"\#(pixel)","revised_prompt":null}"#
        let images = Array(repeating: image, count: isEmpty ? 0 : call.imageCount)
        return #"{"created":1767225600,"data":[\#(images.joined(separator: ","))],"#
            + #""usage":{"input_tokens":\#(call.promptTokens),"output_tokens":10,"#
            + #""total_tokens":\#(call.promptTokens + 10)}}"#
    }

    private static func moderations(_ call: SimulatedMedia) -> String {
        let results = call.inputs.map { text in
            let isFlagged = text.lowercased().contains("kill")
            return #"{"flagged":\#(isFlagged),"categories":{"violence":\#(isFlagged),"hate":false},"#
                + #""category_scores":{"violence":\#(isFlagged ? 0.98 : 0.01),"hate":0.01}}"#
        }
        return #"{"id":"modr-sim","model":\#(SimulatedJSON.quoted(call.model)),"#
            + #""results":[\#(results.joined(separator: ","))]}"#
    }

    /// Bytes that no text could be.
    static func sound(_ count: Int) -> [UInt8] {
        Array("ID3".utf8.prefix(count)) + (0..<max(0, count - 3)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    }

    private static func transcript(_ call: SimulatedMedia, _ media: SimulatedProvider.Media) -> (String, String) {
        let heard =
            media.transcript ?? "Heard \(call.file?.value.count ?? 0) bytes of \(call.file?.filename ?? "nothing")."
        let quoted = SimulatedJSON.quoted(heard)
        return switch call.members["response_format"]?.string {
        case "text": ("text/plain; charset=utf-8", heard + "\n")
        case "srt": ("text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:02,000\n\(heard)\n\n")
        case "vtt": ("text/plain; charset=utf-8", "WEBVTT\n\n00:00.000 --> 00:02.000\n\(heard)\n\n")
        case "verbose_json":
            (
                "application/json",
                #"{"task":"transcribe","language":"english","duration":2.0,"text":\#(quoted),"segments":[]}"#
            )
        default: ("application/json", #"{"text":\#(quoted),"usage":{"type":"duration","seconds":2}}"#)
        }
    }

    private static func events(_ text: String) -> [[UInt8]] {
        let heard = (try? SimulatedJSON.parse(text))?["text"]?.string ?? text
        let words = heard.split(separator: " ").map { #"{"type":"transcript.text.delta","delta":"\#($0) "}"# }
        let done = #"{"type":"transcript.text.done","text":\#(SimulatedJSON.quoted(heard))}"#
        return (words + [done]).map { Array("data: \($0)\n\n".utf8) }
    }
}

extension [Float] {
    /// The first numbers, made unit length.
    fileprivate func shortened(to count: Int) -> [Float] {
        let first = prefix(count)
        let length = first.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? first.map { Float(Double($0) / length) } : Array(first)
    }
}
