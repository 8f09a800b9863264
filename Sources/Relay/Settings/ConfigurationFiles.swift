import FoundationEssentials

/// Finds and reads the files that a configuration is made of.
struct ConfigurationFiles {
    static let settingsName = "settings.json"
    static let catalogName = "provider_model_limits.json"

    /// A file's name as it was given, for messages, and what it holds.
    struct File {
        var path: String
        var bytes: [UInt8]
    }

    let findings: ConfigurationFindings

    /// The variables of the process over those of `.env`.
    func environment(process: [String: String], dotEnvPath: String?) -> EnvironmentVariables {
        guard let file = dotEnvPath.map({ required($0) }) ?? optional(".env") else {
            return EnvironmentVariables(process: process)
        }
        let (assignments, unreadable) = DotEnv.read(String(decoding: file.bytes, as: UTF8.self))
        for line in unreadable {
            findings.warn(file.path, JSONValue.Position(line: line, column: 1), "", "the line is no NAME=value")
        }
        return EnvironmentVariables(process: process, dotEnv: assignments, dotEnvPath: file.path)
    }

    /// `nil` when none was named and the working directory has none.
    func settings(named path: String?) -> File? {
        path.map { required($0) } ?? optional(Self.settingsName)
    }

    /// The catalog; a fault that says where it was looked for when there is none.
    func catalog(named path: String?, in places: [String] = Self.catalogPlaces) -> File? {
        if let path { return required(path) }
        for place in places {
            if let file = optional(place) { return file }
        }
        let directory = FileManager.default.currentDirectoryPath
        let looked = places.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }.joined(separator: " and ")
        findings.fault(
            Self.catalogName,
            .none,
            "",
            "was not found; looked for \(looked)",
            "Copy the file there, or name another with RELAY_CATALOG."
        )
        return nil
    }

    /// The file's value; its syntax faults go to the findings.
    func json(_ file: File) -> JSONValue? {
        let (value, faults) = JSONReader.read(file.bytes, file: file.path)
        findings.add(faults)
        return value
    }

    /// `nil` when there is no such file; one that is there but may not be read is a fault.
    private func optional(_ path: String) -> File? {
        FileManager.default.fileExists(atPath: path) ? required(path) : nil
    }

    private func required(_ path: String) -> File? {
        if let file = read(path) { return file }
        let exists = FileManager.default.fileExists(atPath: path)
        findings.fault(
            path,
            .none,
            "",
            exists ? "cannot be read" : "does not exist",
            exists ? "Check that it is a file that may be read." : "Check the path."
        )
        return nil
    }

    private func read(_ path: String) -> File? {
        FileManager.default.contents(atPath: path).map { File(path: path, bytes: Array($0)) }
    }

    /// The working directory, then the one of the executable.
    static var catalogPlaces: [String] {
        [catalogName] + [executableDirectory].compactMap { $0.map { "\($0)/\(catalogName)" } }
    }

    private static var executableDirectory: String? {
        // Linux names the running file here; elsewhere the first argument does.
        let linked = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        guard let executable = linked ?? CommandLine.arguments.first, let slash = executable.lastIndex(of: "/") else {
            return nil
        }
        return String(executable[..<slash])
    }
}
