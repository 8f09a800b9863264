package import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Host names to addresses, off the event loops.
///
/// `getaddrinfo` blocks, sometimes for half a minute, and NIO's own resolver runs it on one serial queue for each loop:
/// one name that hangs would delay every other. Here each look-up has a thread of a small pool to itself, answers are
/// kept for a minute, and a name that is being asked for is not asked for twice.
package final class NameResolver: Sendable {
    package typealias Lookup = @Sendable (_ host: String, _ family: Family) throws -> [SocketAddress]

    package enum Family: Sendable, Hashable { case ipv4, ipv6 }

    package enum Fault: Error, Sendable, CustomStringConvertible {
        case notFound(host: String, reason: String)
        case tooManyPending

        package var description: String {
            switch self {
            case .notFound(let host, let reason): "\(host): \(reason)"
            case .tooManyPending: "too many name look-ups are pending"
            }
        }
    }

    private struct Question: Hashable {
        let host: String
        let family: Family
    }

    private struct Answer {
        let addresses: [SocketAddress]
        let until: ContinuousClock.Instant
    }

    private struct State {
        var answers: [Question: Answer] = [:]
        var waiting: [Question: [EventLoopPromise<[SocketAddress]>]] = [:]
    }

    private static let maxAnswers = 1024
    private static let lifetime = Duration.seconds(60)

    private let threads: NIOThreadPool
    private let lookup: Lookup
    private let state = Mutex(State())

    /// `lookup` is the system's unless a test brings one that hangs.
    package init(threads: Int = 16, lookup: @escaping Lookup = NameResolver.system) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.lookup = lookup
        self.threads.start()
    }

    package func shutdown() {
        threads.shutdownGracefully { _ in }
    }

    /// The addresses of a host, without port, delivered on `loop`.
    func addresses(of host: String, _ family: Family, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        let question = Question(host: host, family: family)
        let promise = loop.makePromise(of: [SocketAddress].self)
        let (known, isFirst) = state.withLock { state -> ([SocketAddress]?, Bool) in
            if let answer = state.answers[question], answer.until > .now { return (answer.addresses, false) }
            state.waiting[question, default: []].append(promise)
            return (nil, state.waiting[question]?.count == 1)
        }
        if let known {
            promise.succeed(known)
        } else if isFirst {
            threads.submit { [self] _ in
                answer(question, with: Result { try lookup(host, family) })
            }
        }
        return promise.futureResult
    }

    private func answer(_ question: Question, with result: Result<[SocketAddress], any Error>) {
        let waiting = state.withLock { state in
            if case .success(let addresses) = result {
                if state.answers.count >= Self.maxAnswers { state.answers.removeAll() }
                state.answers[question] = Answer(addresses: addresses, until: .now.advanced(by: Self.lifetime))
            }
            return state.waiting.removeValue(forKey: question) ?? []
        }
        for promise in waiting { promise.completeWith(result) }
    }

    #if canImport(Darwin)
    private static let noAddressCodes: [Int32] = [EAI_NODATA]
    #else
    /// `EAI_NODATA` and `EAI_ADDRFAMILY`, which glibc declares only for GNU C.
    private static let noAddressCodes: [Int32] = [-5, -9]
    #endif

    /// `getaddrinfo` for one family. A host without an address of that family is an empty answer, not a fault.
    package static let system: Lookup = { host, family in
        var hints = addrinfo()
        hints.ai_family = family == .ipv4 ? AF_INET : AF_INET6
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        if code == EAI_NONAME || noAddressCodes.contains(code) { return [] }
        guard code == 0 else {
            throw Fault.notFound(host: host, reason: String(cString: gai_strerror(code)))
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                switch family {
                case .ipv4:
                    address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: host))
                    }
                case .ipv6:
                    address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        addresses.append(SocketAddress($0.pointee, host: host))
                    }
                }
            }
            next = entry.ai_next
        }
        return addresses
    }
}

/// What NIO's connector wants to be given: both families of one connection attempt, raced by it (RFC 8305).
struct ConnectionResolver: Resolver, Sendable {
    let names: NameResolver
    let loop: any EventLoop

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(of: host, .ipv4, port: port)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(of: host, .ipv6, port: port)
    }

    /// A look-up that is not waited for any more runs on: its answer serves the next one.
    func cancelQueries() {}

    private func addresses(
        of host: String,
        _ family: NameResolver.Family,
        port: Int
    ) -> EventLoopFuture<[SocketAddress]> {
        names.addresses(of: host, family, on: loop)
            .map { addresses in
                addresses.map { address in
                    var address = address
                    address.port = port
                    return address
                }
            }
    }
}
