import Foundation
import NIOSSL

@testable import Clients

/// A key and a certificate that signs itself, made by `openssl` for this run.
struct Certificate: Sendable {
    struct Failed: Error {
        let output: String
    }

    let certificateFile: String
    let server: NIOSSLContext

    /// For `good.test` and `localhost`.
    static let named = Result { try Certificate(for: "DNS:good.test,DNS:localhost") }
    /// For 127.0.0.1. NIOSSL takes such a one for any name that leads there.
    static let numbered = Result { try Certificate(for: "IP:127.0.0.1") }

    private init(for names: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relay-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder.appendingPathComponent("key.pem")) }
        let (key, certificate) = (folder.appendingPathComponent("key.pem"), folder.appendingPathComponent("cert.pem"))
        let openssl = Process()
        let output = Pipe()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-keyout", key.path, "-out", certificate.path, "-subj", "/CN=good.test", "-addext",
            "subjectAltName=\(names)",
        ]
        openssl.standardError = output
        openssl.standardOutput = output
        try openssl.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw Failed(output: String(decoding: said, as: UTF8.self)) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.path).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem))
        )
        configuration.applicationProtocols = ["h2", "http/1.1"]
        server = try NIOSSLContext(configuration: configuration)
        certificateFile = certificate.path
    }

    /// TLS that trusts this certificate and no other.
    func trusting() throws -> UpstreamTLS { try UpstreamTLS(trustRootsFile: certificateFile) }
}
