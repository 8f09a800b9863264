package import NIOCore

/// Cloudflare Workers AI: chat completions under the account's address, errors in Cloudflare's envelope
/// (developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility).
///
/// The key is a token, or `account_id:token`, which then says the address too. Requests go out as they are; an answer in
/// the words of `/ai/run` is put into a chat completion's.
package struct CloudflareDialect: Dialect {
    package init() {}

    package func path(model: String, isStream: Bool) -> String { "/v1/chat/completions" }

    package func fields(key: String?) -> [(name: String, value: String)] {
        key.map { [("authorization", "Bearer \(Credentials($0).token)")] } ?? []
    }

    /// `…/accounts/ID/ai` with the key's own account in the place of `ID`, which may be empty.
    package func baseURL(_ url: String, key: String?) -> String {
        guard let account = key.flatMap({ Credentials($0).account }), let start = url.firstRange(of: "/accounts/")
        else {
            return url
        }
        let rest = url[start.upperBound...].drop { $0 != "/" }
        return String(url[..<start.upperBound] + account + rest)
    }

    package func isEnough(key: String) -> Bool { Credentials(key).account != nil }

    package var takesChat: Bool { true }

    package var embeddings: (any EmbeddingsDialect)? { OpenAIEmbeddings(path: "/v1/embeddings") }

    package func request(_ chat: ByteBuffer) -> ByteBuffer { chat }

    package func answer(_ body: ByteBuffer, to call: DialectCall) throws(DialectFault) -> ByteBuffer {
        try CloudflareAnswer.read(body) { answer in answer.completion(to: call) } ?? body
    }

    package func stream(of call: DialectCall) -> any DialectStream { CloudflareStream(call) }

    package var modelsPath: String { "/models/search" }

    /// What stands in a key.
    private struct Credentials {
        let account: Substring?
        let token: Substring

        init(_ key: String) {
            if let colon = key.firstIndex(of: ":"), colon > key.startIndex, key.index(after: colon) < key.endIndex {
                (account, token) = (key[..<colon], key[key.index(after: colon)...])
            } else {
                (account, token) = (nil, key[...])
            }
        }
    }
}
