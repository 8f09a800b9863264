/// The variables of the process over those of a `.env` file. Its values may be secrets and are not printed.
struct EnvironmentVariables: Sendable, CustomStringConvertible, CustomReflectable {
    /// One variable and where it was set.
    struct Variable: Sendable {
        var value: String
        var origin: SettingOrigin
    }

    private var variables: [String: Variable] = [:]

    /// - Parameter dotEnv: what the file at `dotEnvPath` assigns; a later line wins over an earlier one.
    init(process: [String: String], dotEnv: [DotEnv.Assignment] = [], dotEnvPath: String = ".env") {
        for line in dotEnv {
            let origin = SettingOrigin.dotEnv(path: dotEnvPath, line: line.line, variable: line.name)
            variables[line.name] = Variable(value: line.value, origin: origin)
        }
        // An empty variable of the process counts too: it is how one line of a `.env` file is switched off.
        for (name, value) in process { variables[name] = Variable(value: value, origin: .environment(variable: name)) }
    }

    /// The value of a variable; `nil` when it is not set or empty.
    subscript(name: String) -> String? { variable(name)?.value }

    func variable(_ name: String) -> Variable? {
        guard let variable = variables[name], !variable.value.isEmpty else { return nil }
        return variable
    }

    var names: [String] { variables.keys.sorted() }

    var description: String { "\(variables.count) variables" }
    var customMirror: Mirror { Mirror(self, children: ["names": names]) }
}
