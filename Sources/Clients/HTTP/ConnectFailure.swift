import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why there is no connection, in a few words that people know: `Connection refused`.
package enum ConnectFailure {
    package static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            // Of several addresses the first says enough.
            let first = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError
            return first.map(text) ?? "the name has no address"
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: return "no connection in time"
        default: return "\(error)"
        }
    }
}
