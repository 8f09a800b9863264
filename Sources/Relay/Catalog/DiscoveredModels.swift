/// A provider's list of its models, in the shapes that are in use.
///
///     {"data":[{"id":"…","context_length":32768}]}
///     {"result":[{"id":"…","name":"@cf/…"}]}
///     {"models":[{"name":"models/…","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent"]}]}
///     {"models":[{"name":"…","details":{"parameter_size":"8.0B","families":["llama","clip"]}}]}
struct DiscoveredModels: Sendable {
    private let entries: [JSONValue]
    /// The member that holds what is sent in `model`.
    private let idKey: String

    init(_ list: JSONValue?) {
        let ids = list?["data"]?.array
        let idKey = ids == nil ? "name" : "id"
        let found = ids ?? list?["models"]?.array ?? list?["result"]?.array
        self.idKey = idKey
        entries = found ?? []
        names = found.map { Set($0.compactMap { Self.name(of: $0, idKey) }) }
        let total = list?["result_info"]?["total_count"]?.integer
        let next = list?["nextPageToken"]?.string ?? list?["next_page_token"]?.string ?? ""
        isWhole = list?["has_more"] != .bool(true) && next.isEmpty && (total ?? 0) <= entries.count
    }

    private static func name(of entry: JSONValue, _ idKey: String) -> String? {
        guard let id = entry[idKey]?.string else { return nil }
        // Gemini's.
        return id.hasPrefix("models/") ? String(id.dropFirst("models/".count)) : id
    }

    /// What each is called; `nil` where this is no list.
    let names: Set<String>?

    /// Whether it says of itself that there is no further page.
    let isWhole: Bool

    /// Those that the provider asks money for, by its own price fields; what has none is in neither.
    var priced: Set<String> {
        Set(entries.compactMap { Self.isFree($0) == false ? Self.name(of: $0, idKey) : nil })
    }

    /// `nil` where the entry says nothing of prices. They are per token or per million, as numbers or texts; below zero is one
    /// that depends.
    ///
    ///     {"pricing":{"prompt":"0","completion":"0"}}
    ///     {"pricing":{"input":0,"output":0}}
    ///     {"is_free":true}
    private static func isFree(_ entry: JSONValue) -> Bool? {
        if case .bool(let isFree)? = (entry["is_free"] ?? entry["isFree"])?.content { return isFree }
        let prices = ["prompt", "completion", "input", "output", "request"]
            .compactMap { name -> Double? in
                guard let price = entry["pricing"]?[name] else { return nil }
                return price.double ?? price.string.flatMap { Double($0) }
            }
        return prices.isEmpty ? nil : prices.allSatisfy { $0 == 0 }
    }

    /// Those that the catalog does not have, as far as the list and their names tell of them.
    func models(of provider: Provider) -> [Model] {
        let known = Set(provider.models.map(\.name))
        return entries.compactMap { entry in
            guard let id = Self.name(of: entry, idKey), !known.contains(id), provider.takes(discovered: id),
                Self.isCalled(entry, id)
            else { return nil }
            let families = entry["details"]?["families"]?.array?.compactMap(\.string) ?? []
            let abilities = entry["capabilities"]?.array?.compactMap(\.string)
            let size = entry["details"]?["parameter_size"]?.string
            var type = ModelGuess.type(of: id)
            if let abilities, abilities.contains("embedding"), !abilities.contains("completion") { type = .embedding }
            if families.contains(where: { $0.contains("bert") }) { type = .embedding }
            return Model(
                name: id,
                type: type,
                scale: ModelGuess.scale(of: size ?? id),
                inputs: abilities?.contains("vision") == true || families.contains(where: Self.sees) ? [.image] : [],
                maxContextLength: entry["context_length"]?.integer ?? entry["max_context_length"]?.integer
                    ?? entry["inputTokenLimit"]?.integer ?? entry["max_input_tokens"]?.integer,
                limits: provider.discoveredLimits,
                tools: abilities.map { $0.contains("tools") } ?? true,
                source: "discovered"
            )
        }
    }

    /// Gemini says which of its models can be asked for what.
    private static func isCalled(_ entry: JSONValue, _ id: String) -> Bool {
        guard let methods = entry["supportedGenerationMethods"]?.array?.compactMap(\.string) else { return true }
        return methods.contains("generateContent") && ModelGuess.type(of: id) != .embedding
            || methods.contains("embedContent")
    }

    /// Families of image encoders, as Ollama names them beside the model's own.
    private static func sees(_ family: String) -> Bool {
        ["clip", "mllama", "gemma3", "qwen25vl", "qwen3vl", "mistral3", "llama4"].contains(family)
    }
}
