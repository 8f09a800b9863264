import NIOHTTP1

/// Setting up, signing in and out.
extension AdminAPI {
    static let session: [AdminOperation] = [
        AdminOperation(
            .GET,
            "/api/session",
            "Whether a password is set and who is asking is signed in; the CSRF token of the session",
            access: .anyone,
            tellSession
        ),
        AdminOperation(
            .POST,
            "/api/setup",
            "Set the first password: from this machine, or with the code that the log shows at the start",
            access: .anyone,
            body: [
                .init("password", .string, required: true, "10 to 256 characters"),
                .init("code", .string, "The code from the log; needed from elsewhere than this machine"),
            ],
            status: 201,
            setUp
        ),
        AdminOperation(
            .POST,
            "/api/session",
            "Sign in: sets the cookie `relay_session`",
            access: .anyone,
            body: [.init("password", .string, required: true, "The password")],
            signIn
        ),
        AdminOperation(.DELETE, "/api/session", "Sign out", signOut),
        AdminOperation(
            .POST,
            "/api/password",
            "Change the password; all other sessions end",
            body: [
                .init("old_password", .string, required: true, "The one that holds"),
                .init("password", .string, required: true, "10 to 256 characters"),
            ],
            changePassword
        ),
    ]

    private static func tellSession(_ call: AdminCall) throws(ClientError) -> AdminReply {
        let (access, token) = (try call.desk.access, call.request.headers.session)
        let isSignedIn = token.map { access.holds(session: $0, at: call.request.received.wall) } ?? false
        return AdminReply(
            .object([
                ("is_set_up", .bool(access.isSetUp)), ("signed_in", .bool(isSignedIn)),
                ("csrf_token", .text(isSignedIn ? token.map(AdminAccess.csrfToken) : nil)),
            ])
        )
    }

    private static func setUp(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        let access = try call.desk.access
        guard !access.isSetUp else { throw .alreadySetUp }
        let code = try call.read(String.self, "code")
        if let code {
            guard Gatekeeper.equalInConstantTime(Array(code.utf8), Array(access.setupCode.utf8)) else {
                throw .wrongSetupCode
            }
        } else if !call.isFromThisMachine {
            throw .wrongSetupCode
        }
        let password = try call.required(String.self, "password")
        return opened(try await access.setUp(password, at: call.request.received), status: 201)
    }

    private static func signIn(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        let password = try call.required(String.self, "password")
        let address = call.request.remote ?? ""
        return opened(try await call.desk.access.signIn(password, from: address, at: call.request.received))
    }

    private static func signOut(_ call: AdminCall) throws(ClientError) -> AdminReply {
        if let token = call.request.headers.session { try call.desk.access.signOut(token) }
        return AdminReply(.object([("status", .string("ok"))]), cookie: cookie("", seconds: 0))
    }

    private static func changePassword(_ call: AdminCall) async throws(ClientError) -> AdminReply {
        let token = try await call.desk.access.change(
            call.required(String.self, "old_password"),
            to: call.required(String.self, "password"),
            from: call.request.remote ?? "",
            at: call.request.received
        )
        return opened(token)
    }

    private static func opened(_ token: String, status: Int = 200) -> AdminReply {
        AdminReply(
            .object([
                ("is_set_up", .bool(true)), ("signed_in", .bool(true)),
                ("csrf_token", .string(AdminAccess.csrfToken(of: token))),
            ]),
            status: status,
            cookie: cookie(token, seconds: Int(AdminAccess.sessionSeconds))
        )
    }

    private static func cookie(_ token: String, seconds: Int) -> String {
        "\(AdminAccess.cookieName)=\(token); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
    }
}

extension AdminCall {
    /// Not by way of a proxy, behind which everybody is.
    fileprivate var isFromThisMachine: Bool {
        guard let remote = request.remote, Endpoint.isLoopback(host: remote), !request.headers.isForwarded else {
            return false
        }
        return request.headers.host.map(Gatekeeper.isLocal(authority:)) ?? true
    }
}

extension ClientError {
    static let wrongSetupCode = ClientError(
        status: 403,
        message: "The first password is set from the machine that Relay runs on, or with the code that its log shows.",
        type: "permission_error",
        code: "wrong_setup_code"
    )
}
