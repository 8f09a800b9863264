/// Reads the models of one provider.
enum ModelReader {
    /// In the file's order, those with faults left out.
    static func read(_ entries: [JSONValue], of provider: ObjectReader) -> [Model] {
        var seen: [String: Int] = [:]
        var models: [Model] = []
        for (index, entry) in entries.enumerated() {
            let inner = ["models", "[\(index)]"]
            guard case .object = entry.content else {
                provider.fault(entry.position, inner, "is \(entry.kind)", "Write one object per model.")
                continue
            }
            let object = ObjectReader(
                entry,
                path: provider.path + inner,
                file: provider.file,
                findings: provider.findings
            )
            guard let model = read(object) else { continue }
            if let line = seen.updateValue(entry.position.line, forKey: model.name) {
                let message = "the model \(model.name) already stands on line \(line)"
                object.fault(entry.position, ["name"], message, "Keep one of the two.")
            }
            models.append(model)
        }
        return models
    }

    /// One entry by itself; `nil` where it has faults.
    static func read(text: String) -> Model? {
        let findings = ConfigurationFindings()
        guard let json = JSONReader.read(Array(text.utf8), file: "").value else { return nil }
        let model = read(ObjectReader(json, path: [], file: "", findings: findings))
        return findings.faults.isEmpty ? model : nil
    }

    private static func read(_ object: ObjectReader) -> Model? {
        var object = object
        guard let name = object.read(String.self, "name") else {
            if object.json["name"] == nil {
                object.fault(object.json.position, ["name"], "is missing", "Give the provider's own id of the model.")
            }
            return nil
        }
        guard !name.isEmpty, name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
            let message = "\(JSONWriter.compact(.string(name))) is no model id"
            object.fault(object.json.position, ["name"], message, "Use the id without blanks.")
            return nil
        }
        var model = Model(name: name)
        model.type = object.read(String.self, "type").map(ModelType.init(rawValue:)) ?? .text
        model.scale = object.read(ModelScale.self, "scale") ?? .medium
        model.inputs = inputs(&object)
        model.maxContextLength = object.count("max_context_length", "Max_Context_Length")
        model.maxOutputTokens = object.count("max_output_tokens")
        model.maxInputTokens = object.count("max_input_tokens")
        model.limits = RateLimits(object.object("limits"))
        model.tools = object.read(Bool.self, "tools")
        model.jsonSchema = object.read(Bool.self, "json_schema") ?? false
        model.enabled = object.read(Bool.self, "enabled") ?? true
        model.tags = object.read([String].self, "tags") ?? []
        model.rank = object.read(Int.self, "rank")
        model.score = score(&object)
        model.source = object.read(String.self, "source")
        model.quirks = Quirks(object.object("quirks"))
        model.dimensions = object.count("dimensions")
        model.defaults = object.values("defaults")
        model.isMatryoshka = object.read(Bool.self, "matryoshka")
        model.embeddingFamily = object.read(String.self, "embedding_family")
        model.fillInPath = fillInPath(&object)
        object.finish()
        return model
    }

    private static func score(_ object: inout ObjectReader) -> PublishedScore? {
        var inner = object.object("score")
        defer { inner.finish() }
        let value = inner.read(Double.self, "value")
        let source = inner.read(String.self, "source")
        let date = inner.read(String.self, "date")
        guard !inner.members.isEmpty else { return nil }
        guard let value, let source, let date else {
            inner.fault(inner.json.position, [], "is not whole", "Give value, source and date.")
            return nil
        }
        return PublishedScore(value: value, source: source, date: date)
    }

    private static func fillInPath(_ object: inout ObjectReader) -> String? {
        guard let path = object.read(String.self, "fim_path") else { return nil }
        if path.hasPrefix("/") || Endpoint(path) != nil { return path }
        let position = object.json["fim_path"]?.position ?? .none
        object.fault(
            position,
            ["fim_path"],
            "\(JSONWriter.compact(.string(path))) is no path",
            "Begin it with '/', or write a whole URL."
        )
        return nil
    }

    /// `modality` in a word, or `inputs` as a list; the list counts where both are given.
    private static func inputs(_ object: inout ObjectReader) -> Set<InputKind> {
        let modality = object.read(Modality.self, "modality")
        guard let names = object.read([String].self, "inputs") else { return modality?.inputs ?? [] }
        return Set(
            names.compactMap { name in
                if let kind = InputKind(rawValue: name) { return kind }
                if name != "text" {
                    let position = object.json["inputs"]?.position ?? .none
                    object.fault(position, ["inputs"], "\"\(name)\" is not known", "Use text, image and audio.")
                }
                return nil
            }
        )
    }

    /// What a prompt may hold, in one word.
    private enum Modality: String, SettingChoice {
        case text, vision, audio, omni

        static let otherNames = ["multimodal": Modality.vision, "image": .vision]

        var inputs: Set<InputKind> {
            switch self {
            case .text: []
            case .vision: [.image]
            case .audio: [.audio]
            case .omni: [.image, .audio]
            }
        }
    }
}
