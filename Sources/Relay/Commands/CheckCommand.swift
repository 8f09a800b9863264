import ArgumentParser
import Clients
import Logging

/// `relay check`: one real call per model, PASS or FAIL with latency, and a total.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Call every usable model once: PASS or FAIL, latency, and a total."
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "Only this provider.")
    var provider: String?

    @Option(help: "Seconds that one call may take.")
    var timeout: Double = 60

    func run() async throws {
        let failures = try await reportingFaults {
            var configuration = try options.load().addingStored()
            // The check has a listener of its own, so that a relay that runs is not in its way.
            configuration.settings.server.host = "127.0.0.1"
            configuration.settings.server.port = 0
            configuration.settings.server.apiKey = nil
            configuration.settings.routing.maxQuotaWaitSeconds = min(timeout, 60)
            configuration.settings.context.managementMode = .disabled
            let relay = try await RunningRelay.start(
                configuration,
                logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() }
            )
            let caller = try RelayCaller(host: "127.0.0.1", port: relay.port, apiKey: nil)
            defer { caller.close() }
            let failures = try await check(relay, caller)
            try await relay.stop(drain: .zero)
            return failures
        }
        if failures > 0 { throw ExitCode(1) }
    }

    private func check(_ relay: RunningRelay, _ caller: RelayCaller) async throws -> Int {
        var names: [String] = []
        for route in relay.server.gateway.chain.dispatch.table.routes where route.model.type.answersChatWhenAsked {
            guard provider == nil || route.provider.name.lowercased() == provider?.lowercased() else { continue }
            if names.last != route.name { names.append(route.name) }
        }
        guard !names.isEmpty else {
            throw ValidationError("No usable chat model\(provider.map { " of \($0)" } ?? "").")
        }
        let width = names.map(\.count).max() ?? 0
        var failures = 0
        for name in names {
            let outcome = await call(name, caller)
            if !outcome.passed { failures += 1 }
            let padding = String(repeating: " ", count: width - name.count)
            Terminal.say("\(outcome.passed ? "PASS" : "FAIL")  \(name)\(padding)  \(outcome.text)")
        }
        Terminal.say("\(names.count - failures) of \(names.count) models answered.")
        return failures
    }

    private func call(_ name: String, _ caller: RelayCaller) async -> (passed: Bool, text: String) {
        let body =
            "{\"model\":\(JSONText.quoted(name)),\"max_tokens\":16,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"Reply with the word ok.\"}]}"
        let start = ContinuousClock.now
        do {
            let answer = try await caller.chat(body, timeout: .seconds(timeout))
            let time = "\(Int((ContinuousClock.now - start).milliseconds.rounded())) ms"
            guard answer.status == 200 else {
                return (false, "\(time)  \(answer.status) \(answer.errorMessage ?? "")")
            }
            return (true, time)
        } catch {
            return (false, "\(error)")
        }
    }
}
