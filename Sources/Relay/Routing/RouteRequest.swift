/// What a client wants of the models behind the meta-model.
struct RouteFilters: Sendable, Hashable {
    /// `model_type`: text, coding, ocr, …
    var type: String?
    /// `model_scale`: large, medium, small.
    var scale: String?
    /// `model_name`: part of a model's name.
    var name: String?

    static let none = RouteFilters()

    /// These filters, and where they leave something open, the others.
    func completed(by others: RouteFilters) -> RouteFilters {
        RouteFilters(type: type ?? others.type, scale: scale ?? others.scale, name: name ?? others.name)
    }

    var isEmpty: Bool { type == nil && scale == nil && name == nil }

    /// In any case, and an empty text filters nothing.
    func matches(_ model: Model) -> Bool {
        if let type, !type.isEmpty, model.type != ModelType(rawValue: type) { return false }
        if let scale, !scale.isEmpty, model.scale.rawValue != scale.lowercased() { return false }
        if let name, !name.isEmpty, !model.name.lowercased().contains(name.lowercased()) { return false }
        return true
    }
}

/// What the request itself needs of a model.
struct RouteRequirements: Sendable, Hashable {
    var images = false
    var audio = false
    var tools = false
    var jsonSchema = false
    /// The length of an embedding's vector.
    var dimensions: Int?
    /// Fills in the middle, between a prompt and its suffix.
    var fillIn = false

    static let none = RouteRequirements()

    enum Need: Sendable, Hashable {
        case images, audio, tools, fillIn
        case dimensions(Int)
    }

    /// What no model may lack. JSON schemas are not among it: where a route does not enforce them, Relay checks the
    /// answer itself, so they are a preference.
    var needs: [Need] {
        var needs: [Need] = []
        if images { needs.append(.images) }
        if audio { needs.append(.audio) }
        if tools { needs.append(.tools) }
        if let dimensions { needs.append(.dimensions(dimensions)) }
        if fillIn { needs.append(.fillIn) }
        return needs
    }

    static func does(_ model: Model, meet need: Need) -> Bool {
        switch need {
        case .images: model.inputs.contains(.image)
        case .audio: model.inputs.contains(.audio)
        case .tools: model.tools == true
        case .dimensions(let count): model.gives(dimensions: count)
        case .fillIn: model.fillInPath != nil
        }
    }
}

/// What the settings and the endpoint allow.
struct RouteRules: Sendable, Hashable {
    /// Paid providers serve more than direct calls.
    var allowPaid = false
    /// The endpoint's own type of model: `nil` is chat (text and coding, others when asked for).
    var endpointType: ModelType?
    /// Only models whose provider searches the web for them.
    var searchesWeb = false
    /// What the client's key is good for; `nil` is everything.
    var access: RouteAccess?

    static let chat = RouteRules()
}
