import FoundationEssentials
import NIOHTTP1

/// The settings: what holds, where it comes from, and the file that says it.
extension AdminAPI {
    static let settings: [AdminOperation] = [
        AdminOperation(
            .GET,
            "/api/settings",
            "Every effective setting and where it came from; secrets are masked",
            tellSettings
        ),
        AdminOperation(
            .PATCH,
            "/api/settings",
            "Change the settings' file; it holds from the next start",
            body: [
                .init(
                    "settings",
                    .object,
                    required: true,
                    "By name: `{\"routing.strategy\": \"ranked\"}`; `null` is the default"
                )
            ],
            changeSettings
        ),
    ]

    private static func tellSettings(_ call: AdminCall) throws(ClientError) -> AdminReply {
        AdminReply(SettingsReport.json(try call.desk.configuration))
    }

    /// All or nothing: a file with a fault is not written.
    private static func changeSettings(_ call: AdminCall) throws(ClientError) -> AdminReply {
        guard let wanted = call.value("settings"), case .object = wanted.content else {
            throw .invalidRequest("'settings' is missing or no object.", param: "settings")
        }
        let configuration = try call.desk.configuration
        let file = SettingsFile(path: configuration.settingsPath ?? ConfigurationFiles.settingsName)
        do throws(SettingsFile.Fault) {
            try file.change(wanted.members, environment: configuration.environment)
        } catch {
            throw .invalidRequest(error.description, param: "settings")
        }
        let overridden = wanted.members.map(\.key).filter { configuration.origin(of: $0).isAboveFile }
        return AdminReply(
            .object([
                ("file", .string(file.path)), ("restart_required", .bool(true)),
                ("overridden", .array(overridden.map(JSONValue.string))),
            ])
        )
    }
}
