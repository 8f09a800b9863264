import ArgumentParser
import Logging

/// `relay simulate`: one simulated provider on loopback, for trying clients and for the tests of real SDKs.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Serve as one simulated provider.",
        shouldDisplay: false
    )

    @Option(help: "The port on 127.0.0.1.")
    var port: Int

    @Option(help: "How it behaves.")
    var behavior: String

    func run() async throws {
        guard let preset = DemoProviders.preset(named: behavior) else {
            throw ValidationError("Known behaviours: \(DemoProviders.presetNames.joined(separator: ", ")).")
        }
        let provider = try await SimulatedProvider.start(port: port, behavior: preset)
        await StopSignal.wait()
        try await provider.shutdown()
    }
}
