import Clients
import Context
import NIOCore

/// `POST /v1/messages/count_tokens`: what the messages would take of the window of the route that comes first for them, by
/// the estimate that fits histories. Nobody is called.
enum MessagesTokenCount {
    static func answer(_ body: ByteBuffer, to request: ClientRequest, gateway: Gateway) throws(ClientError) -> String {
        "{\"input_tokens\":\(try count(body, chain: gateway.chain, access: request.caller.key?.access))}"
    }

    static func count(_ body: ByteBuffer, chain: Chain, access: RouteAccess? = nil) throws(ClientError) -> Int {
        let request: ChatRequest
        do throws(RequestFault) {
            request = try MessagesRequestReader.read(body, needsMaxTokens: false).request
        } catch {
            throw ClientError(error)
        }
        let candidates: Candidates
        do throws(RoutingError) {
            let rules = chain.dispatch.rules(for: .chat(request), searchesWeb: false, access: access)
            candidates = try chain.dispatch.table.candidates(for: Ask(.chat(request), rules: rules))
        } catch {
            throw ClientError(error)
        }
        let facts = PromptFacts(request)
        guard let route = candidates.list.routes.first else { return facts.tokens }
        // Of a very long history a sample is read, as for its reservation.
        guard request.body.readableBytes <= ContextWindow.offloadBytes else { return facts.tokens(for: route) }
        let history = ContextHistory.read(request, estimator: .init(for: route))
        return history.reduce(TokenEstimator.perRequest + facts.toolTokens) { $0 + $1.tokens }
    }
}
