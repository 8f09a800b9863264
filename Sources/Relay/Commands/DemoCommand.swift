import ArgumentParser
import Clients
import FoundationEssentials
import Logging
import NIOCore
import NIOPosix

/// `relay demo`: the relay in front of simulated providers, a short script against it, and what became of each request.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See Relay at work: simulated providers, no key, no network."
    )

    @Option(help: "The port of the relay.")
    var port = 8000

    @Flag(name: .customLong("exit"), help: "End after the script instead of staying up.")
    var exits = false

    func run() async throws {
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let cast = try await DemoProviders.start(on: group)
        let relay = try await reportingFaults {
            try await RunningRelay.start(try configuration(for: cast), logger: Logger(label: "relay"))
        }
        Terminal.say("Five simulated providers on loopback, the relay in front on http://127.0.0.1:\(relay.port)/v1\n")
        for (member, provider) in cast {
            Terminal.say("  \(member.name) (:\(provider.port)): \(member.habit)")
        }
        let caller = try RelayCaller(host: "127.0.0.1", port: relay.port, apiKey: nil)
        defer { caller.close() }
        var succeeded = true
        for (number, scene) in DemoScript.scenes.enumerated() {
            Terminal.say("\n\(number + 1). \(scene.title): \(scene.shows)")
            for _ in 0..<scene.count {
                let answer = try await caller.chat(scene.body, headers: scene.headers.map { ($0.name, $0.value) })
                succeeded = succeeded && answer.status == 200
                Terminal.say(Self.text(answer, isStream: scene.isStream))
            }
        }
        Terminal.say("\nUsage as the providers reported it (GET /v1/usage):\n")
        if let usage = try await caller.get("/usage").json { Terminal.say(UsageCommand.text(usage)) }
        if !exits {
            let line = DemoScript.lineToTry.split(separator: ":8000").joined(separator: ":\(relay.port)")
            Terminal.say("\nStill serving; Ctrl-C ends it. Try:\n\n  \(line)\n")
            await StopSignal.wait()
        }
        try await relay.stop(drain: .seconds(1))
        for (_, provider) in cast { try await provider.shutdown() }
        try await group.shutdownGracefully()
        if !succeeded { throw ExitCode(1) }
    }

    /// A configuration that knows the simulated providers alone: nothing of the user's own files or keys is read.
    private func configuration(
        for cast: [(member: DemoProviders.Member, provider: SimulatedProvider)]
    ) throws -> Configuration {
        let folder =
            FileManager.default.temporaryDirectory.path + "/relay-demo-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(DemoProviders.settings.utf8).write(to: URL(filePath: folder + "/settings.json"))
        try Data(DemoProviders.catalog(of: cast).utf8).write(to: URL(filePath: folder + "/catalog.json"))
        try Data().write(to: URL(filePath: folder + "/env"))
        return try Configuration.load(
            settingsPath: folder + "/settings.json",
            catalogPath: folder + "/catalog.json",
            environment: [DemoProviders.keyVariable: "demo"],
            dotEnvPath: folder + "/env",
            flags: ["server.port": String(port)]
        )
    }

    /// Who answered, what was tried before, what was changed, and the beginning of the answer.
    private static func text(_ answer: SimpleClient.Answer, isStream: Bool) -> String {
        let route = answer.head.first("x-routed-via") ?? "nobody"
        var lines = ["   \(answer.status) from \(route)"]
        if let trail = answer.head.first("x-fallback-trail") { lines.append("   tried before: \(trail)") }
        if let context = answer.head.first("x-relay-context") { lines.append("   history fitted: \(context)") }
        if let timing = answer.head.first("server-timing") { lines.append("   \(timing) ms of Relay's own") }
        let text = isStream ? answer.streamedText : answer.answerText ?? answer.errorMessage ?? ""
        let shown = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        lines.append("   \"\(shown.prefix(100))\(shown.count > 100 ? "…" : "")\"")
        return lines.joined(separator: "\n")
    }
}
