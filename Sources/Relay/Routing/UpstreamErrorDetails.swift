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
        var words: [String] = []
        var length = 0
        for word in text.prefix(4 * maximumLength).split(whereSeparator: { $0.isWhitespace }) {
            let clean = masked(word.filter { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } })
            words.append(clean)
            length += clean.count + 1
            if length > maximumLength { break }
        }
        return String(words.joined(separator: " ").prefix(maximumLength))
    }

    private static let keyPrefixes = [
        "sk-", "gsk_", "nvapi-", "aiza", "hf_", "ghp_", "gho_", "github_pat_", "csk-", "eyj", "r8_", "xai-", "pplx-",
        "tgp_", "rk-", "key-", "fw_", "co_", "glpat-", "sk_", "pk_",
    ]

    /// A word with every run in it that looks like a key replaced by its first four characters and an ellipsis.
    private static func masked(_ word: String) -> String {
        var result = ""
        var run = ""
        func flush() {
            result += looksSecret(run) ? run.prefix(4) + "…" : run
            run = ""
        }
        for character in word {
            if character.isASCII, character.isLetter || character.isNumber || "-_".contains(character) {
                run.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }

    /// A known prefix and some length, or a long unbroken mix of letters and digits.
    private static func looksSecret(_ run: String) -> Bool {
        guard run.utf8.count >= 12 else { return false }
        let lowered = run.lowercased()
        if keyPrefixes.contains(where: lowered.hasPrefix) { return true }
        return run.split { $0 == "-" || $0 == "_" }.contains { part in
            part.utf8.count >= 20 && part.contains(where: \.isNumber) && part.contains(where: \.isLetter)
        }
    }
}
