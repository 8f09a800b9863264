/// `HTTPS_PROXY` and `NO_PROXY`, in either case, as curl reads them.
package struct ProxySettings: Sendable {
    private let proxy: ProxyAddress?
    private let exceptions: [String]

    package init(environment: [String: String]) {
        let url = environment["HTTPS_PROXY"] ?? environment["https_proxy"] ?? ""
        proxy = ProxyAddress(url)
        exceptions = (environment["NO_PROXY"] ?? environment["no_proxy"] ?? "")
            .split(whereSeparator: { $0 == "," || $0 == " " })
            .map { $0.lowercased() }
    }

    /// The proxy to ask for that host; `nil` to connect directly. Loopback is never asked for elsewhere.
    func proxy(for host: String) -> ProxyAddress? {
        guard let proxy else { return nil }
        let host = host.lowercased()
        if host == "localhost" || host == "::1" || host.hasPrefix("127.") { return nil }
        for exception in exceptions {
            if exception == "*" || exception == host { return nil }
            let suffix = exception.hasPrefix(".") ? exception : "." + exception
            if host.hasSuffix(suffix) { return nil }
        }
        return proxy
    }
}

/// An HTTP proxy: where it is and what it wants to hear.
struct ProxyAddress: Sendable, Equatable {
    let host: String
    let port: Int
    /// `Basic …`, from `user:password@` in the URL.
    let authorization: String?

    /// `nil` for an empty or unreadable URL; without a scheme, `http` is meant.
    init?(_ url: String) {
        guard !url.isEmpty else { return nil }
        var url = url.contains("://") ? url : "http://" + url
        var credentials: String?
        if let at = url.lastIndex(of: "@"), let mark = url.firstIndex(of: ":"), mark < at {
            let start = url.index(mark, offsetBy: 3)
            guard start <= at else { return nil }
            credentials = String(url[start..<at])
            url.removeSubrange(start...at)
        }
        guard let parts = URLParts(url), parts.scheme == .http else { return nil }
        host = parts.host
        port = parts.port
        authorization = credentials.map { "Basic " + Base64.encode(Self.percentDecoded($0)) }
    }

    /// `p%40ss` is `p@ss`; a percent sign without two digits stands for itself.
    private static func percentDecoded(_ text: String) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                decoded.append(UInt8(high << 4 | low))
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}

/// RFC 4648 §4.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { encode($0, into: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let digits = alphabet.utf8Start
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        var place = 0
        while place < bytes.count {
            let left = bytes.count - place
            var value = Int(bytes[place]) << 16
            if left > 1 { value |= Int(bytes[place + 1]) << 8 }
            if left > 2 { value |= Int(bytes[place + 2]) }
            text.append(digits[value >> 18])
            text.append(digits[value >> 12 & 63])
            text.append(left > 1 ? digits[value >> 6 & 63] : UInt8(ascii: "="))
            text.append(left > 2 ? digits[value & 63] : UInt8(ascii: "="))
            place += 3
        }
    }
}
