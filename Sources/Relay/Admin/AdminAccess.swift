import Crypto
import NIOPosix
import Synchronization

/// Who may use the admin API: one password, and sessions for those who know it.
///
/// A session is a random token in a cookie; the store keeps its digest, so that it outlives a restart and nobody can take it
/// from there.
final class AdminAccess: Sendable {
    /// What stands in the log of a relay that has no password yet and can be reached from elsewhere.
    let setupCode: String
    private let store: Store
    /// One thread: passwords are checked one at a time.
    private let threads: NIOThreadPool
    private let state: Mutex<State>

    private struct State {
        var password: PasswordHash?
        /// When each ends, by its token's digest, in seconds since 1970.
        var sessions: [[UInt8]: Double] = [:]
        /// By the address that they came from.
        var failures: [String: Failures] = [:]
    }

    private struct Failures {
        var count = 0
        var lockedUntil = -Double.infinity
        var last = -Double.infinity
    }

    static let cookieName = "relay_session"
    /// Seconds that a session is good for.
    static let sessionSeconds = 7 * 86_400.0
    static let passwordLength = 10...256
    static let passwordRule = "A password has 10 to 256 characters."

    /// Wrong passwords that cost nothing but their time.
    private static let freeFailures = 5
    private static let lockSeconds = 30.0
    private static let maxLockSeconds = 900.0
    private static let maxAddresses = 1000

    init(_ store: Store, threads: NIOThreadPool) throws {
        self.store = store
        self.threads = threads
        setupCode = SecretToken.make(.bits128).prefix(12).lowercased()
        state = Mutex(State())
        try reload()
    }

    /// Takes up what stands in the store: a command may have set another password.
    func reload() throws {
        let (password, sessions) = try store.adminAccess(at: Now.read().wall)
        state.withLock { state in
            state.password = password.flatMap(PasswordHash.init(_:))
            state.sessions = sessions
        }
    }

    var isSetUp: Bool { state.withLock { $0.password != nil } }

    func holds(session token: String, at wall: Double) -> Bool {
        let digest = SecretToken.digest(of: token)
        return state.withLock { ($0.sessions[digest] ?? 0) > wall }
    }

    /// What has to come with every change that a session makes. A page of another origin cannot know it.
    static func csrfToken(of session: String) -> String {
        SecretToken.encoded(SecretToken.digest(of: "csrf \(session)"))
    }

    // MARK: In and out

    /// Sets the first password.
    /// - Returns: a session's token.
    func setUp(_ password: String, at now: Now) async throws(ClientError) -> String {
        guard !isSetUp else { throw .alreadySetUp }
        try await setPassword(password, isFirst: true)
        return try open(at: now)
    }

    /// - Parameter address: where the request comes from; too many wrong passwords lock it out for a while.
    /// - Returns: a session's token.
    func signIn(_ password: String, from address: String, at now: Now) async throws(ClientError) -> String {
        guard let known = state.withLock({ $0.password }) else { throw .notSetUp }
        try count(address, at: now.wall)
        let canBe = password.utf8.count <= 4 * Self.passwordLength.upperBound
        guard canBe, await onThread({ known.matches(password) }) == true else { throw .wrongPassword }
        state.withLock { $0.failures[address] = nil }
        return try open(at: now)
    }

    func signOut(_ token: String) throws(ClientError) {
        let digest = SecretToken.digest(of: token)
        state.withLock { $0.sessions[digest] = nil }
        do { try store.removeAdminSession(digest) } catch { throw .storeFailed(error) }
    }

    /// Ends all sessions but the one that is opened for who has changed it.
    func change(_ old: String, to new: String, from address: String, at now: Now) async throws(ClientError) -> String {
        let token = try await signIn(old, from: address, at: now)
        do throws(ClientError) {
            try await setPassword(new)
        } catch {
            try? signOut(token)
            throw error
        }
        return try open(at: now)
    }

    private func setPassword(_ password: String, isFirst: Bool = false) async throws(ClientError) {
        guard Self.passwordLength.contains(password.count) else {
            throw .invalidRequest(Self.passwordRule, param: "password")
        }
        guard let hash = await onThread({ try? PasswordHash(of: password) }) ?? nil else {
            throw ClientError(status: 500, message: "The password could not be hashed.", type: "server_error")
        }
        // Of two who set the first one at once, the second is told so.
        let isSet = state.withLock { state in
            guard !isFirst || state.password == nil else { return false }
            state.password = hash
            state.sessions = [:]
            return true
        }
        guard isSet else { throw .alreadySetUp }
        do { try store.setAdminPassword(hash.description) } catch { throw .storeFailed(error) }
    }

    private func open(at now: Now) throws(ClientError) -> String {
        let token = SecretToken.make(.bits256)
        let (digest, end) = (SecretToken.digest(of: token), now.wall + Self.sessionSeconds)
        do { try store.addAdminSession(digest, until: end) } catch { throw .storeFailed(error) }
        state.withLock { $0.sessions[digest] = end }
        return token
    }

    /// Counts an attempt before it is known to fail, so that many at once are no way around the lock.
    private func count(_ address: String, at wall: Double) throws(ClientError) {
        let wait = state.withLock { state -> Double? in
            var failures = state.failures[address] ?? Failures()
            guard failures.lockedUntil <= wall else { return failures.lockedUntil - wall }
            failures.count += 1
            failures.last = wall
            if failures.count >= Self.freeFailures {
                let doublings = min(failures.count - Self.freeFailures, 10)
                failures.lockedUntil = wall + min(Self.maxLockSeconds, Self.lockSeconds * Double(1 << doublings))
            }
            if state.failures.count >= Self.maxAddresses, state.failures[address] == nil,
                let oldest = state.failures.min(by: { $0.value.last < $1.value.last })
            {
                state.failures[oldest.key] = nil
            }
            state.failures[address] = failures
            return nil
        }
        if let wait { throw .lockedOut(seconds: max(1, Int(wait.rounded(.up)))) }
    }

    private func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        try? await threads.runIfActive(work)
    }
}

extension ClientError {
    static let notSignedIn = ClientError(
        status: 401,
        message: "Sign in first: POST /api/session. Scripts may send server.api_key as 'Authorization: Bearer …'.",
        type: "authentication_error",
        code: "not_signed_in"
    )

    static let notSetUp = ClientError(
        status: 409,
        message: "There is no password yet: POST /api/setup sets one, and so does `relay admin set-password`.",
        type: "invalid_request_error",
        code: "not_set_up"
    )

    static let alreadySetUp = ClientError(
        status: 409,
        message: "There is a password already. `relay admin set-password` sets another.",
        type: "invalid_request_error",
        code: "already_set_up"
    )

    static let wrongPassword = ClientError(
        status: 401,
        message: "The password is wrong.",
        type: "authentication_error",
        code: "wrong_password"
    )

    static let wrongCSRFToken = ClientError(
        status: 403,
        message: "X-CSRF-Token is missing or wrong: GET /api/session tells it.",
        type: "permission_error",
        code: "wrong_csrf_token"
    )

    static func lockedOut(seconds: Int) -> ClientError {
        ClientError(
            status: 429,
            message: "Too many wrong passwords. Retry after \(seconds) s.",
            type: "rate_limit_error",
            code: "locked_out",
            retryAfterSeconds: seconds
        )
    }
}
