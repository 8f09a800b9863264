/// Why no route can be chosen: the request asks for what is not there.
enum RoutingError: Error, Sendable, Equatable {
    case unknownModel(String, nearest: [String])
    /// The provider is in the catalog but was left out at boot.
    case providerLeftOut(String, why: String)
    /// The model exists but serves another endpoint.
    case wrongEndpoint(model: String, type: String)
    case filterMatchesNothing(RouteFilters, types: [String], scales: [String])
    case requirementUnmet([RouteRequirements.Need])
    /// Nothing at all is there for this endpoint.
    case noModels(type: String)
    /// Nobody, or not the model that was named, searches the web.
    case noWebSearch(model: String?)
    /// The client's key is not good for it, or for anything that could serve.
    case notAllowed(model: String?)

    /// One reading should be enough to know what to change.
    var message: String {
        switch self {
        case .unknownModel(let name, let nearest):
            let hint = nearest.isEmpty ? "" : " Did you mean \(nearest.map { "'\($0)'" }.joined(separator: " or "))?"
            return "The model '\(name)' does not exist here.\(hint) GET /v1/models lists all;"
                + " 'meta-model' takes any that is free."
        case .providerLeftOut(let name, let why):
            return "The provider '\(name)' is not in use: \(why)."
        case .wrongEndpoint(let model, let type):
            return "The model '\(model)' is of type '\(type)' and does not serve this endpoint."
        case .filterMatchesNothing(let filters, let types, let scales):
            let asked = [
                filters.type.map { "model_type '\($0)'" }, filters.scale.map { "model_scale '\($0)'" },
                filters.name.map { "model_name '\($0)'" },
            ]
            .compactMap { $0 }.joined(separator: ", ")
            return "No usable model matches \(asked). There are the types \(types.joined(separator: ", "))"
                + " and the scales \(scales.joined(separator: ", ")); model_name is any part of a model's name."
        case .requirementUnmet(let needs):
            let wants = needs.map { need in
                switch need {
                case .images: "takes images"
                case .audio: "takes audio"
                case .tools: "calls tools"
                case .dimensions(let count): "makes vectors of \(count) dimensions"
                case .fillIn: "fills in the middle (suffix)"
                }
            }
            return "No usable model \(wants.joined(separator: " and ")), which this request needs."
        case .noModels(let type):
            return "No usable model of type '\(type)' is configured."
        case .notAllowed(let model):
            let what = model.map { "the model '\($0)'" } ?? "any model that could serve this request"
            return "Your API key may not use \(what). GET /v1/models lists those it may."
        case .noWebSearch(let model):
            let who = model.map { "The model '\($0)' does not search" } ?? "No usable model searches"
            return "\(who) the web: none is tagged '\(Model.webSearchTag)' in provider_model_limits.json."
        }
    }

    var status: Int {
        switch self {
        case .unknownModel, .providerLeftOut: 404
        case .wrongEndpoint, .filterMatchesNothing, .requirementUnmet, .noWebSearch: 400
        case .noModels: 503
        case .notAllowed: 403
        }
    }

    /// The `type` of the error body.
    var type: String {
        switch status {
        case 503: "server_error"
        case 403: "permission_error"
        default: "invalid_request_error"
        }
    }

    /// The `code` of the error body.
    var code: String {
        switch self {
        case .unknownModel, .providerLeftOut: "model_not_found"
        case .wrongEndpoint: "model_not_supported"
        case .filterMatchesNothing: "no_matching_model"
        case .requirementUnmet(let needs):
            switch needs.first {
            case .images: "no_vision_model"
            case .audio: "no_audio_model"
            case .fillIn: "no_fill_in_model"
            case .tools, nil: "no_tools_model"
            case .dimensions: "no_model_of_these_dimensions"
            }
        case .noModels: "no_models_configured"
        case .noWebSearch: "no_web_search_model"
        case .notAllowed: "model_not_allowed"
        }
    }

    /// The request member at fault.
    var param: String? {
        switch self {
        case .unknownModel, .providerLeftOut, .wrongEndpoint, .noModels, .noWebSearch, .notAllowed: "model"
        case .filterMatchesNothing(let filters, _, _):
            filters.type != nil ? "model_type" : filters.scale != nil ? "model_scale" : "model_name"
        case .requirementUnmet(let needs):
            switch needs.first {
            case .tools where needs.count == 1: "tools"
            case .fillIn: "suffix"
            case .dimensions: "dimensions"
            default: "messages"
            }
        }
    }
}
