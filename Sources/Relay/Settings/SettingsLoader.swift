/// Lays file, environment and flags over the defaults, and remembers where each value came from.
struct SettingsLoader {
    private(set) var settings = Settings()
    /// By path; a setting without an entry has its default.
    private(set) var origins: [String: SettingOrigin] = [:]
    let findings: ConfigurationFindings

    init(findings: ConfigurationFindings) { self.findings = findings }

    // MARK: Layers

    /// - Parameter root: the file's value, its variables already expanded.
    mutating func applyFile(_ root: JSONValue, file: String) {
        guard case .object = root.content else {
            findings.fault(
                file,
                root.position,
                "",
                "holds \(root.kind)",
                "Write an object with sections: {\"server\": {…}}."
            )
            return
        }
        for section in root.members {
            guard SettingKey.sections.contains(section.key) else {
                let remedy = Self.remedy(forSection: section.key)
                findings.fault(file, section.position, section.key, "there is no such section", remedy)
                continue
            }
            guard case .object = section.value.content else {
                if section.value.isNull { continue }
                let message = "is \(section.value.kind)"
                findings.fault(file, section.value.position, section.key, message, "Use an object of settings.")
                continue
            }
            for member in section.value.members { applyMember(member, of: section.key, file: file) }
        }
    }

    private mutating func applyMember(_ member: JSONValue.Member, of section: String, file: String) {
        let path = "\(section).\(member.key)"
        guard let key = SettingKey.byPath[path] else {
            let remedy = Self.remedy(forKey: member.key, in: section)
            findings.fault(file, member.position, path, "there is no such setting", remedy)
            return
        }
        if member.value.isNull { return }
        do throws(SettingProblem) {
            try key.apply(member.value, to: &settings)
            origins[path] = .file(path: file, line: member.position.line)
        } catch {
            let position = error.position == .none ? member.value.position : error.position
            findings.fault(file, position, ConfigurationFault.path([path] + error.path), error.message, error.remedy)
        }
    }

    /// Variables of every setting; a variable of one of our sections that sets nothing is warned of.
    mutating func applyEnvironment(_ environment: EnvironmentVariables) {
        var known: Set<String> = []
        for key in SettingKey.all {
            known.formUnion(key.variables)
            guard let name = key.variables.first(where: { environment[$0] != nil }),
                let variable = environment.variable(name)
            else { continue }
            apply(variable.value, to: key, origin: variable.origin, path: name)
        }
        for name in environment.names where !known.contains(name) {
            guard SettingKey.sections.contains(where: { name.hasPrefix("RELAY_\($0.uppercased())_") }) else { continue }
            let meant = NearestName.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
            let place = environment.variable(name)?.origin.place ?? ("environment", .none)
            findings.warn(place.file, place.position, name, "there is no such setting\(meant)")
        }
    }

    /// - Parameter flags: `server.port` → text.
    mutating func applyFlags(_ flags: [String: String]) {
        for (path, text) in flags.sorted(by: { $0.key < $1.key }) {
            guard let key = SettingKey.byPath[path] else {
                let meant = NearestName.nearest(to: path, among: SettingKey.all.map(\.path))
                let remedy = meant.map { "Did you mean \($0)?" } ?? "`relay settings` lists them all."
                findings.fault("command line", .none, path, "there is no such setting", remedy)
                continue
            }
            apply(text, to: key, origin: .flag(name: path), path: path)
        }
    }

    private mutating func apply(_ text: String, to key: SettingKey, origin: SettingOrigin, path: String) {
        do throws(SettingProblem) {
            try key.apply(text: text, to: &settings)
            origins[key.path] = origin
        } catch {
            let place = origin.place
            let path = ConfigurationFault.path([path] + error.path)
            findings.fault(place.file, place.position, path, error.message, error.remedy)
        }
    }

    // MARK: Settings that depend on each other

    /// Resolves what one setting means for another, and checks pairs. Called once, after the last layer.
    mutating func settle() {
        if let isUsed = settings.routing.useServerSideSystemPrompt,
            let origin = origins["routing.use_server_side_system_prompt"],
            origin.rank >= origins["style.inject"]?.rank ?? 0
        {
            settings.style.inject = isUsed ? .always : .never
            origins["style.inject"] = origin
        }
        requireOrder("context.dynamic_min_utilization", "context.dynamic_utilization_target") {
            $0.context.dynamicMinUtilization <= $0.context.dynamicUtilizationTarget
        }
        requireOrder("circuit_breaker.cooldown_seconds", "circuit_breaker.max_cooldown_seconds") {
            $0.circuitBreaker.cooldownSeconds <= $0.circuitBreaker.maxCooldownSeconds
        }
        requireOrder("server.max_body_bytes", "server.max_buffered_bytes") {
            $0.server.maxBodyBytes <= $0.server.maxBufferedBytes
        }
        if settings.summarization.mode == .llm {
            let place = (origins["summarization.mode"] ?? .default).place
            let meaning =
                settings.summarization.fallbackToExtractive ? "summaries are extractive" : "there is no summary"
            findings.warn(place.file, place.position, "summarization.mode", "llm is not offered: \(meaning)")
        }
    }

    private func requireOrder(_ low: String, _ high: String, _ isOrdered: (Settings) -> Bool) {
        if isOrdered(settings) { return }
        let origin = [low, high].compactMap { origins[$0] }.max { $0.rank < $1.rank } ?? .default
        findings.fault(
            origin.place.file,
            origin.place.position,
            low,
            "is above \(high)",
            "Lower it, or raise the other."
        )
    }

    // MARK: Names

    private static func remedy(forSection name: String) -> String {
        if let meant = NearestName.nearest(to: name, among: SettingKey.sections) { return "Did you mean \(meant)?" }
        if let key = SettingKey.all.first(where: { $0.name == name }) { return "Did you mean \(key.path)?" }
        return "The sections are \(SettingKey.sections.joined(separator: ", "))."
    }

    private static func remedy(forKey name: String, in section: String) -> String {
        let siblings = SettingKey.all.filter { $0.section == section }.map(\.name)
        if let meant = NearestName.nearest(to: name, among: siblings) { return "Did you mean \(section).\(meant)?" }
        let elsewhere = SettingKey.all.first { NearestName.nearest(to: name, among: [$0.name]) != nil }
        if let elsewhere { return "Did you mean \(elsewhere.path)?" }
        return "The settings of \(section) are \(siblings.joined(separator: ", "))."
    }
}
