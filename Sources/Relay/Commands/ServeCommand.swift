import ArgumentParser
import Logging

/// `relay serve`: the relay itself, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve (the default).")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let secrets = LogSecrets()
        LoggingSystem.bootstrap { RedactingLogHandler(StreamLogHandler.standardError(label: $0), hiding: secrets) }
        var logger = Logger(label: "relay")
        try await reportingFaults {
            var configuration = try options.load()
            logger.logLevel = Logger.Level(rawValue: configuration.settings.server.logLevel.rawValue) ?? .info
            var store: Store?
            if configuration.settings.storage.enabled {
                let opened = try Store(directory: configuration.settings.storage.directory)
                try opened.lock()
                configuration = try configuration.adding(opened)
                store = opened
            }
            let relay = try await RunningRelay.start(configuration, store: store, logger: logger, secrets: secrets)
            for line in relay.boot.report.lines { logger.info("\(line)") }
            let settings = configuration.settings
            logger.info(
                "Serving on http://\(settings.server.host):\(relay.port)/v1",
                metadata: [
                    "routes": "\(relay.server.gateway.chain.dispatch.table.routes.count)",
                    "strategy": "\(settings.routing.strategy.rawValue)",
                ]
            )
            if let access = relay.server.gateway.admin?.access, !access.isSetUp {
                let code = settings.server.isLoopback ? "" : ", elsewhere with the code \(access.setupCode)"
                logger.info("The admin API has no password yet: `relay admin set-password`, or POST /api/setup\(code)")
            }
            ProgramMemory.releaseText()
            await StopSignal.wait()
            logger.info("Stopping: no new requests, those under way may finish")
            try await relay.stop(drain: .seconds(settings.server.drainSeconds))
        }
    }
}
