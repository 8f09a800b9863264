@testable import Relay

extension RelayUnderTest.Entry {
    static func embedding(_ name: String, family: String? = nil, more: String = "") -> Self {
        var parts = family.map { [#""embedding_family":"\#($0)""#] } ?? []
        if !more.isEmpty { parts.append(more) }
        return .init(name, type: "embedding", more: parts.joined(separator: ","))
    }
}

extension RelayUnderTest {
    /// `members` are those of the body beside `model`, as JSON text.
    func post(
        _ path: String,
        model: String = "meta-model",
        _ members: String,
        headers: Fields = []
    ) async throws -> RawResponse {
        let body = #"{"model":\#(SimulatedJSON.quoted(model)),\#(members)}"#
        return try await request("POST", "/v1\(path)", headers: headers, body: body)
    }

    func embed(
        _ input: String = #""Paris""#,
        model: String = "meta-model",
        _ members: String = ""
    ) async throws -> RawResponse {
        try await post("/embeddings", model: model, #""input":\#(input)\#(members.isEmpty ? "" : ",")\#(members)"#)
    }

    func send(_ form: Form, to path: String = "/audio/transcriptions") async throws -> RawResponse {
        let client = try await connect()
        do {
            try await client.sendRequest(
                "POST",
                "/v1\(path)",
                headers: [("Content-Type", form.contentType)],
                body: form.bytes
            )
            let response = try await client.readResponse(within: .seconds(30))
            await client.close()
            return response
        } catch {
            await client.close()
            throw error
        }
    }
}

/// A `multipart/form-data` body as the SDKs write it.
struct Form: Sendable {
    var boundary = "d1c1b0e5a7"
    /// In order.
    var parts: [(name: String, filename: String?, value: [UInt8])] = []

    static let sound = SimulatedMediaAnswer.sound(2000)

    /// A file and the model, in this order, as the SDKs send them not.
    init(file: [UInt8]? = Form.sound, model: String? = "meta-model", _ more: [(String, String)] = []) {
        if let file { parts.append(("file", "speech.mp3", file)) }
        if let model { parts.append(("model", nil, Array(model.utf8))) }
        parts += more.map { ($0.0, nil, Array($0.1.utf8)) }
    }

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\""
            if let filename = part.filename {
                head += "; filename=\"\(filename)\"\r\nContent-Type: application/octet-stream"
            }
            bytes += Array((head + "\r\n\r\n").utf8) + part.value + Array("\r\n".utf8)
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }
}

extension RawResponse {
    /// The vectors of an embeddings answer, however they are written.
    var vectors: [[Float]] {
        (json["data"]?.elements ?? [])
            .map { entry in
                guard let text = entry["embedding"]?.string else {
                    return (entry["embedding"]?.elements ?? []).compactMap { $0.number.map { Float($0) } }
                }
                return Self.floats(text)
            }
    }

    private static func floats(_ base64: String) -> [Float] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bits = base64.utf8.compactMap { letters.firstIndex(of: $0) }
            .flatMap { value in (0..<6).map { value >> (5 - $0) & 1 } }
        let bytes = stride(from: 0, to: bits.count - 7, by: 8)
            .map { start in bits[start..<start + 8].reduce(0) { $0 << 1 | $1 } }
        return stride(from: 0, to: bytes.count - 3, by: 4)
            .map { start in
                Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
            }
    }
}
