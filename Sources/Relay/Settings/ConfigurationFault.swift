/// One thing that is wrong with the configuration, and how it is put right.
struct ConfigurationFault: Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named; `environment` or `command line` for what stands in none.
    var file: String
    /// Line and column, where there are any.
    var line: Int?
    var column: Int?
    /// Which value: `server.port`, `providers[3].models[0].limits`; empty for the file as a whole.
    var path: String
    var message: String
    var remedy: String

    init(file: String, position: JSONValue.Position = .none, path: String, message: String, remedy: String) {
        self.file = file
        self.line = position == .none ? nil : position.line
        self.column = position == .none ? nil : position.column
        self.path = path
        self.message = message
        self.remedy = remedy
    }

    /// `settings.json:4:13: server.port: 99999 is too large. Use a whole number from 0 to 65535.`
    var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return "\(place): \(path.isEmpty ? "" : path + ": ")\(message). \(remedy)"
    }

    /// `providers[3].name` out of `providers`, `[3]`, `name`.
    static func path(_ parts: [String]) -> String {
        parts.reduce(into: "") { $0 += $0.isEmpty || $1.hasPrefix("[") ? $1 : "." + $1 }
    }
}

/// Something odd that is kept and shown, but stops nothing.
struct ConfigurationWarning: Sendable, Equatable, CustomStringConvertible {
    var file: String
    var line: Int?
    var path: String
    var message: String

    var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(path.isEmpty ? "" : path + ": ")\(message)"
    }
}

/// All faults of one start, in the order of the files.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    var faults: [ConfigurationFault]

    var description: String {
        let count = faults.count == 1 ? "One fault" : "\(faults.count) faults"
        return "\(count) in the configuration:\n" + faults.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// Collects what the readers of one start find. It lives as long as that start and is shared by nobody else.
final class ConfigurationFindings {
    private(set) var faults: [ConfigurationFault] = []
    private(set) var warnings: [ConfigurationWarning] = []

    /// Notes a fault. Of several at one place only the first is kept: what a missing variable leaves behind is no
    /// news.
    func fault(_ file: String, _ position: JSONValue.Position, _ path: String, _ message: String, _ remedy: String) {
        let fault = ConfigurationFault(file: file, position: position, path: path, message: message, remedy: remedy)
        let isKnown = faults.contains { earlier in
            (earlier.file, earlier.path) == (file, path) && (earlier.line, earlier.column) == (fault.line, fault.column)
        }
        if !isKnown { faults.append(fault) }
    }

    func add(_ found: [ConfigurationFault]) { faults += found }

    func warn(_ file: String, _ position: JSONValue.Position, _ path: String, _ message: String) {
        let line = position == .none ? nil : position.line
        warnings.append(ConfigurationWarning(file: file, line: line, path: path, message: message))
    }
}
