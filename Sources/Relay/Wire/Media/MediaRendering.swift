import Clients
import NIOCore

extension MediaRequest {
    /// The call that one candidate is sent: the client's own bytes with `model` spliced and Relay's own members left out,
    /// behind the route's head, and in the provider's own words where it has a dialect.
    func rendered(for route: Route, by dialing: Dialing) throws(DialectFault) -> UpstreamRequest {
        guard var head = dialing.heads.media[endpoint] else {
            throw .cannotSay("no \(endpoint.path.dropFirst())")
        }
        head.writeField("content-type", contentType)
        var edits = edits(for: route)
        guard let dialect = dialing.dialect else {
            return UpstreamRequest(head: head, bodyLength: body.readableBytes + edits.growth) {
                edits.apply(to: body, into: &$0)
            }
        }
        guard endpoint == .embeddings, let embeddings = dialect.embeddings else {
            throw .cannotSay("no \(endpoint.path.dropFirst())")
        }
        var spliced = SplicedBody(body, edits)
        return UpstreamRequest(head: head, body: try embeddings.request(spliced.joined()))
    }

    private func edits(for route: Route) -> ByteEdits {
        var edits = ByteEdits()
        if endpoint.takesForm {
            for field in fields where isLeftOut(field, by: route) { edits.remove(field.range) }
        } else {
            edits.remove({ isLeftOut(fields[$0], by: route) }, of: fields.count, at: { fields[$0].range })
        }
        addDefaults(of: route.model, to: &edits)
        for field in fields where field.name == "model" && !field.isNull {
            edits.replace(field.value, with: endpoint.takesForm ? Array(route.model.name.utf8) : route.modelJSON)
        }
        return edits
    }

    private func addDefaults(of model: Model, to edits: inout ByteEdits) {
        guard !model.defaults.isEmpty, !endpoint.takesForm, let first = fields.first else { return }
        let given = Set(fields.filter { !$0.isNull }.map(\.name))
        for (name, value) in model.defaults.sorted(by: { $0.key < $1.key }) where !given.contains(name) {
            edits.insert("\(JSONText.quoted(name)):\(value),", at: first.range.lowerBound)
        }
    }

    private func isLeftOut(_ field: Field, by route: Route) -> Bool {
        switch field.name {
        case _ where field.isNull: true
        case "model_type", "model_scale", "model_name": true
        case "model": false
        // What the model makes anyway need not be asked for, and some refuse to be asked.
        case "dimensions": vectors?.dimensions == route.model.dimensions || isDropped(field, by: route)
        default: isDropped(field, by: route)
        }
    }

    private func isDropped(_ field: Field, by route: Route) -> Bool {
        route.quirks.dropParameters.contains(field.name)
    }
}
