/// A provider's list of its models, in the shapes that are in use.
///
///     {"data":[{"id":"…","context_length":32768}]}
///     {"models":[{"name":"…","details":{"parameter_size":"8.0B","families":["llama","clip"]}}]}
///     {"models":[{"name":"models/…","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent"]}]}
struct DiscoveredModels {
    private let entries: [JSONValue]

    init(_ list: JSONValue?) { entries = list?["data"]?.array ?? list?["models"]?.array ?? [] }

    /// Those that the catalog does not have, as far as the list and their names tell of them.
    func models(of provider: Provider) -> [Model] {
        let known = Set(provider.models.map(\.name))
        return entries.compactMap { entry in
            guard var id = entry["id"]?.string ?? entry["name"]?.string else { return nil }
            if id.hasPrefix("models/") { id.removeFirst("models/".count) }
            guard !known.contains(id), provider.takes(discovered: id) else { return nil }
            let families = entry["details"]?["families"]?.array?.compactMap(\.string) ?? []
            let abilities = entry["capabilities"]?.array?.compactMap(\.string)
            let size = entry["details"]?["parameter_size"]?.string
            var type = ModelGuess.type(of: id)
            if let abilities, abilities.contains("embedding"), !abilities.contains("completion") { type = .embedding }
            if families.contains(where: { $0.contains("bert") }) { type = .embedding }
            if let methods = entry["supportedGenerationMethods"]?.array?.compactMap(\.string) {
                let wanted = type == .embedding ? "embedContent" : "generateContent"
                guard methods.contains(wanted) else { return nil }
            }
            let window = entry["context_length"] ?? entry["max_context_length"] ?? entry["inputTokenLimit"]
            return Model(
                name: id,
                type: type,
                scale: ModelGuess.scale(of: size ?? id),
                inputs: abilities?.contains("vision") == true || families.contains(where: Self.sees) ? [.image] : [],
                maxContextLength: window?.integer,
                limits: provider.discoveredLimits,
                tools: abilities.map { $0.contains("tools") } ?? true,
                source: "discovered"
            )
        }
    }

    /// Families of image encoders, as Ollama names them beside the model's own.
    private static func sees(_ family: String) -> Bool {
        ["clip", "mllama", "gemma3", "qwen25vl", "qwen3vl", "mistral3", "llama4"].contains(family)
    }
}
