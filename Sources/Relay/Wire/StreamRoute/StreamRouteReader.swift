import Clients
import NIOCore

/// Reads the request of `POST /v1/chat/completions/stream-route`: a chat completion's, which is streamed whatever it says
/// of that, with its usage at the end.
enum StreamRouteReader {
    static func read(_ body: ByteBuffer) throws(RequestFault) -> WireCall {
        let streamed = try body.readRequest { (document) throws(RequestFault) in
            var json = JSONBuilder()
            json.object { json in
                for (key, value) in document.members {
                    if document.isNamed(key, "stream") || document.isNamed(key, "stream_options") { continue }
                    json.member(key, copying: value)
                }
                json.member("stream", true)
                json.member("stream_options", raw: #"{"include_usage":true}"#)
            }
            return json.buffer
        }
        return WireCall(narrated: try ChatRequestReader.read(streamed), by: RouteNarrator())
    }
}
