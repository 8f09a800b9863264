/// The settings as they are shown: to a terminal, in the documentation and in the shipped file.
enum SettingsReport {
    /// One line per setting: name, effective value, where it came from. Secrets are masked.
    static func text(_ configuration: Configuration) -> String {
        let rows = SettingKey.all.map { key in
            let value = key.shown(in: configuration.settings)
            let shown = value.count > 60 ? value.prefix(57) + "..." : value[...]
            return (name: key.path, value: String(shown), origin: configuration.origin(of: key.path).description)
        }
        let nameWidth = rows.map(\.name.count).max() ?? 0
        let valueWidth = rows.map(\.value.count).max() ?? 0
        return rows.map { "\(padded($0.name, nameWidth))  \(padded($0.value, valueWidth))  \($0.origin)\n" }.joined()
    }

    /// The effective values and origins as one object, `{"server.port": {"value": 8000, "origin": "default"}}`.
    static func json(_ configuration: Configuration) -> JSONValue {
        .object(
            SettingKey.all.map { key in
                let value = key.value(in: configuration.settings)
                let shown = key.isSecret && !value.isNull ? .string("********") : value
                let origin = configuration.origin(of: key.path).description
                return (key.path, .object([("value", shown), ("origin", .string(origin))]))
            }
        )
    }

    /// The tables of docs/SETTINGS.md, one per section.
    static var markdown: String {
        SettingKey.sections
            .map { section in
                let rows = SettingKey.all.filter { $0.section == section }
                    .map { key in
                        let unit = key.unit.map { ", \($0)" } ?? ""
                        let variables = key.variables.map { "`\($0)`" }.joined(separator: ", ")
                        return
                            "| `\(key.path)` | \(defaultCell(key)) | \(key.typeName)\(unit) | \(key.summary) | \(variables) |"
                    }
                let head = "| Setting | Default | Type and unit | What it does | Environment |\n|---|---|---|---|---|\n"
                return "### \(section)\n\n" + head + rows.joined(separator: "\n") + "\n"
            }
            .joined(separator: "\n")
    }

    /// Every setting with its default, as settings.json ships.
    static var template: JSONValue {
        let defaults = Settings()
        return .object(
            SettingKey.sections.map { section in
                let keys = SettingKey.all.filter { $0.section == section }
                return (section, .object(keys.map { ($0.name, $0.value(in: defaults)) }))
            }
        )
    }

    /// Long defaults stand in the shipped file, not in the table.
    private static func defaultCell(_ key: SettingKey) -> String {
        let value = JSONWriter.compact(key.value(in: Settings()))
        return value == "null" ? "none" : value.count > 60 ? "see settings.json" : "`\(value)`"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
