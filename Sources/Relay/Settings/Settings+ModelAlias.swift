extension Settings {
    /// What a model name stands for that no provider has: another name, or the meta-model with a preference and
    /// filters.
    struct ModelAlias: Sendable, Equatable {
        /// `*` stands for any characters, `?` for one; case does not matter.
        var pattern: String
        /// Stands for this name, `Provider/model` or a model id.
        var model: String?
        /// Models of this size are tried first; the others follow.
        var scale: ModelScale?
        /// Only models of this type.
        var type: ModelType?
        /// Only models whose name contains this.
        var name: String?
    }

    /// The aliases in the order they are tried; the first whose pattern matches counts.
    struct ModelAliases: Sendable, Equatable {
        var entries: [ModelAlias]

        /// The names that well-known clients ask for by default.
        static let shipped = ModelAliases(entries: [
            ModelAlias(pattern: "claude-*haiku*", scale: .small),
            ModelAlias(pattern: "claude-*", scale: .large),
            ModelAlias(pattern: "gpt-*", scale: .large),
        ])
    }
}

extension Settings.ModelAliases: SettingValue {
    static let typeName = "object of patterns"

    /// `{"gpt-4o": "Groq/openai/gpt-oss-120b", "claude-*": {"scale": "large", "type": "text"}}`
    static func read(_ json: JSONValue) throws(SettingProblem) -> Settings.ModelAliases {
        guard case .object = json.content else { throw .wrongType(json, "an object of patterns") }
        var entries: [Settings.ModelAlias] = []
        for member in json.members {
            do throws(SettingProblem) {
                entries.append(try Settings.ModelAlias(pattern: member.key, json: member.value))
            } catch {
                throw error.inside(member.key)
            }
        }
        return Settings.ModelAliases(entries: entries)
    }

    var json: JSONValue { .object(entries.map { ($0.pattern, $0.json) }) }
}

extension Settings.ModelAlias {
    private static let names = ["model", "scale", "type", "name"]

    fileprivate init(pattern: String, json: JSONValue) throws(SettingProblem) {
        self.init(pattern: pattern)
        if case .string(let name) = json.content {
            model = name
            return
        }
        guard case .object = json.content else { throw .wrongType(json, "a model's name or an object") }
        for member in json.members {
            do throws(SettingProblem) {
                switch member.key {
                case "model": model = try String.read(member.value)
                case "scale": scale = try ModelScale.read(member.value)
                case "type": type = ModelType(rawValue: try String.read(member.value))
                case "name": name = try String.read(member.value)
                default: throw .unknownName(member.key, among: Self.names, at: member.position)
                }
            } catch {
                throw error.inside(member.key)
            }
        }
    }

    fileprivate var json: JSONValue {
        let members = [("model", model), ("scale", scale?.rawValue), ("type", type?.rawValue), ("name", name)]
        return .object(members.compactMap { member in member.1.map { (member.0, .string($0)) } })
    }
}

extension ModelScale: SettingChoice {}
