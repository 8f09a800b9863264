/// Puts the values of variables in the place of `${NAME}` and `${NAME:-default}` in every text of a file.
///
/// `$${` stands for a plain `${`. An empty variable counts as missing, as in a shell's `:-`.
struct VariableExpansion {
    let environment: EnvironmentVariables
    let file: String
    let findings: ConfigurationFindings
    /// Missing variables that are no fault and stand for nothing.
    var optional: Set<String> = []

    /// The value with all texts expanded, comments left as they are. A missing variable is a fault of its path.
    func expand(_ value: JSONValue, path: [String] = []) -> JSONValue {
        var result = value
        switch value.content {
        case .string(let text) where text.contains("${"):
            result.content = .string(expand(text, at: value.position, path: path))
            result.isExpanded = true
        case .array(let values):
            result.content = .array(values.enumerated().map { expand($1, path: path + ["[\($0)]"]) })
        case .object(let members):
            let expanded = members.map { member in
                var member = member
                if !member.isComment { member.value = expand(member.value, path: path + [member.key]) }
                return member
            }
            result.content = .object(expanded)
        default: break
        }
        return result
    }

    private func expand(_ text: String, at position: JSONValue.Position, path: [String]) -> String {
        let path = ConfigurationFault.path(path)
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    findings.fault(file, position, path, "a '${' is never closed", "Add the '}', or write '$${'.")
                    return result
                }
                result += value(of: rest[rest.index(rest.startIndex, offsetBy: 2)..<end], position, path)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    /// - Parameter reference: what stands between the braces.
    private func value(of reference: Substring, _ position: JSONValue.Position, _ path: String) -> String {
        let separator = reference.firstRange(of: ":-")
        let name = String(separator.map { reference[..<$0.lowerBound] } ?? reference)
        if let value = environment[name] { return value }
        if let separator { return String(reference[separator.upperBound...]) }
        if !optional.contains(name) {
            let remedy = "Set it, or give a default: ${\(name):-default}."
            findings.fault(file, position, path, "the variable \(name) is not set", remedy)
        }
        return ""
    }
}
