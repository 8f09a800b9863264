import Glibc
import NIOCore

/// A port on which connections are neither accepted nor refused: its queue is full and stays so.
final class FullBacklog: Sendable {
    struct Failed: Error {}

    let port: Int
    private let descriptors: [Int32]

    init(host: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let isListening = try SocketAddress(ipAddress: host, port: 0)
            .withSockAddr { address, size in
                bind(listener, address, socklen_t(size)) == 0 && listen(listener, 0) == 0
            }
        guard isListening, let port = Sockets.port(listener, getsockname) else { throw Failed() }
        let fillers = try (0..<4)
            .map { _ in
                let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                try SocketAddress(ipAddress: host, port: port)
                    .withSockAddr { address, size in
                        _ = connect(filler, address, socklen_t(size))
                    }
                return filler
            }
        self.port = port
        descriptors = [listener] + fillers
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}

/// This process's own sockets.
enum Sockets {
    /// The IPv4 port that `getsockname` or `getpeername` tells.
    static func port(
        _ descriptor: Int32,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> Int? {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { bytes in
            var length = socklen_t(bytes.count)
            guard let base = bytes.baseAddress,
                ask(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length) == 0,
                length >= 8, base.load(as: UInt16.self) == UInt16(AF_INET)
            else { return nil }
            return Int(UInt16(bigEndian: base.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    /// Whether `TCP_NODELAY` is set, for each connection of ours to that port.
    static func noDelay(towards port: Int) -> [Bool] {
        (0..<Int32(4096))
            .compactMap { descriptor in
                guard Self.port(descriptor, getpeername) == port else { return nil }
                var option: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &option, &length)
                return option != 0
            }
    }
}
