/// The parts of an upstream's own error, for passing the first error on in the client's envelope.
struct UpstreamErrorDetails: Sendable, Equatable {
    /// At most 500 characters, with everything that looks like a key masked.
    var message: String?
    var type: String?
    var code: String?
    var param: String?

    static let maximumLength = 500

    /// What Relay itself says of a failure that came without a body.
    init(message: String?) {
        self.message = message
    }

    init(body: [UInt8]) {
        self.init(ErrorFields(body), body: body)
    }

    init(_ fields: ErrorFields, body: [UInt8]) {
        self.message = (fields.first(Self.messagePaths) ?? Self.plainText(body)).map(Self.sanitized)
        // OpenRouter says only "Provider returned error" and keeps what the provider said beside it.
        if let raw = fields["error.metadata.raw"], !raw.isEmpty {
            let inner = ErrorFields(Array(raw.utf8)).first(Self.messagePaths) ?? raw
            self.message = Self.sanitized([message, inner].compactMap { $0 }.joined(separator: ": "))
        }
        self.type = fields.first(["error.type", "error.status", "type"]).map(Self.sanitized)
        self.code = fields.first(["error.code", "errors.0.code", "code"]).map(Self.sanitized)
        self.param = fields.first(["error.param", "param"]).map(Self.sanitized)
    }

    private static let messagePaths = [
        "error.message", "message", "error", "errors.0.message", "errors.message", "detail", "detail.0.msg",
        "detail.message", "error.error.message", "message.detail.0.msg", "errors.0", "error_msg", "msg",
        "error.msg", "error_description", "title",
    ]

    /// A body that is neither JSON nor a page is its own message.
    private static func plainText(_ body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(2000), as: UTF8.self)
        guard let first = text.first(where: { !$0.isWhitespace }), !"<{[".contains(first) else { return nil }
        return text
    }

    /// One line without control characters, keys masked, cut to 500 characters.
    static func sanitized(_ text: String) -> String {
        var clean: [UInt8] = []
        var runStart: Int?
        func mask() {
            guard let start = runStart else { return }
            runStart = nil
            guard looksSecret(clean[start...]) else { return }
            clean.replaceSubrange((start + 4)..., with: "…".utf8)
        }
        for byte in text.utf8.prefix(8 * maximumLength) {
            if isKeyByte(byte) {
                if runStart == nil { runStart = clean.count }
                clean.append(byte)
                continue
            }
            mask()
            // Four bytes to a character are more than enough; what comes later would be cut anyway.
            if clean.count > 4 * maximumLength { break }
            if byte > 0x20, byte != 0x7F {
                clean.append(byte)
            } else if byte <= 0x20, clean.last != 0x20, !clean.isEmpty {
                clean.append(0x20)
            }
        }
        mask()
        if clean.last == 0x20 { clean.removeLast() }
        let line = String(decoding: clean, as: UTF8.self)
        return line.utf8.count > maximumLength ? String(line.prefix(maximumLength)) : line
    }

    private static let keyPrefixes = [
        "sk-", "gsk_", "nvapi-", "aiza", "hf_", "ghp_", "gho_", "github_pat_", "csk-", "eyj", "r8_", "xai-", "pplx-",
        "tgp_", "rk-", "key-", "fw_", "co_", "glpat-", "sk_", "pk_",
    ]
    .map { Array($0.utf8) }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }

    /// A known prefix and some length, or a long unbroken mix of letters and digits.
    private static func looksSecret(_ run: ArraySlice<UInt8>) -> Bool {
        guard run.count >= 12 else { return false }
        let start = Array(run.prefix(12)).lowercasedASCII
        if keyPrefixes.contains(where: { start.starts(with: $0) }) { return true }
        return run.split { $0 == 0x2D || $0 == 0x5F }
            .contains { part in
                part.count >= 20 && part.contains { $0 < 0x40 } && part.contains { $0 > 0x40 }
            }
    }
}
