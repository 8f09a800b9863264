/// Where an effective setting came from, from the weakest layer to the strongest.
enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    case `default`
    case file(path: String, line: Int)
    case dotEnv(path: String, line: Int, variable: String)
    case environment(variable: String)
    case flag(name: String)

    var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .dotEnv(let path, let line, let variable): "\(path):\(line) (\(variable))"
        case .environment(let variable): "environment (\(variable))"
        case .flag(let name): "flag (\(name))"
        }
    }

    /// A layer of a higher rank hides one of a lower.
    var rank: Int {
        switch self {
        case .default: 0
        case .file: 1
        case .dotEnv: 2
        case .environment: 3
        case .flag: 4
        }
    }

    /// Whether what the settings' file says has no effect.
    var isAboveFile: Bool { rank > 1 }

    /// File and position as faults name them.
    var place: (file: String, position: JSONValue.Position) {
        switch self {
        case .default: ("defaults", .none)
        case .file(let path, let line), .dotEnv(let path, let line, _):
            (path, JSONValue.Position(line: line, column: 1))
        case .environment: ("environment", .none)
        case .flag: ("command line", .none)
        }
    }
}
