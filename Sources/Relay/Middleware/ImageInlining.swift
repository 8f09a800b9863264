import Clients
import NIOCore

/// Images by URL, put into a request as the bytes they lead to, for providers that fetch nothing themselves.
///
/// Fetched once, when the first candidate needs them, and kept for the next.
enum ImageInlining {
    /// What has come of the images of one request.
    enum State: Sendable {
        case fetched([String: ImageFetcher.Image])
        case failed(ImageFetcher.Fault)
    }

    /// Images to be fetched, and the candidate that waits for them.
    struct Waiting {
        let route: Route
        let fit: ContextWindow.Fit
    }

    /// The URLs of images that are not in the request itself, each once.
    static func urls(in request: ChatRequest) -> [String] {
        guard request.hasImages else { return [] }
        return request.body.withUnsafeReadableBytes { bytes in
            var urls: [String] = []
            var seen: Set<String> = []
            for message in request.messages where message.images > 0 {
                guard let content = message.content else { continue }
                for view in remoteImages(in: JSONView(bytes, content)) {
                    if let url = view.string, seen.insert(url).inserted { urls.append(url) }
                }
            }
            return urls
        }
    }

    /// The chat completion request with each of these URLs replaced by its image.
    static func inline(_ images: [String: ImageFetcher.Image], into chat: ByteBuffer) -> ByteBuffer {
        chat.withUnsafeReadableBytes { bytes in
            guard let document = try? JSONView(document: bytes) else { return chat }
            var edits = ByteEdits()
            for message in document["messages"]?.elements ?? [] {
                guard let content = message["content"] else { continue }
                for view in remoteImages(in: content) {
                    guard let text = view.span.text, let image = view.string.flatMap({ images[$0] }) else { continue }
                    edits.replace(text.range, with: image.dataURL)
                }
            }
            var inlined = ByteBufferAllocator().buffer(capacity: bytes.count + max(0, edits.growth))
            edits.apply(to: bytes, into: &inlined)
            return inlined
        }
    }

    private static func remoteImages(in content: JSONView) -> [JSONView] {
        content.elements.compactMap { part in
            guard part["type"]?.equals("image_url") == true, let image = part["image_url"],
                let url = image.isString ? image : image["url"], url.isString
            else { return nil }
            // Its first bytes tell: an image that is in the request may be megabytes.
            let start = String(decoding: url.raw.dropFirst().prefix(8), as: UTF8.self).lowercased()
            return start.hasPrefix("http:") || start.hasPrefix("https:") ? url : nil
        }
    }
}

extension Exchange {
    /// Whether the candidate has to wait for images, or cannot have them. `nil` when it can be called.
    func imagesMissing(
        for route: Route,
        _ fit: ContextWindow.Fit,
        _ actions: inout Actions
    ) -> Bool? {
        guard let request = request.chat, request.hasImages,
            chain.dialing[route.index].dialect?.takesImageURLs == false
        else { return nil }
        switch images {
        case .fetched?: return nil
        case .failed?:
            selection.pass(over: route, .cannotSay("an image that could not be fetched"))
            return false
        case nil:
            let urls = ImageInlining.urls(in: request)
            guard !urls.isEmpty else { return nil }
            phase = .fetching
            waitingForImages = ImageInlining.Waiting(route: route, fit: fit)
            actions.fetch = urls
            return true
        }
    }

    func fetched(_ state: ImageInlining.State, _ now: Now, _ actions: inout Actions) {
        guard phase == .fetching, let waiting = waitingForImages else { return }
        phase = .selecting
        waitingForImages = nil
        images = state
        if !start(waiting.route, waiting.fit, now, &actions) { next(now, &actions) }
    }
}

extension ClientError {
    static func imageNotFetched(_ fault: ImageFetcher.Fault) -> ClientError {
        guard !fault.isForWantOfRoom else { return .outOfMemory }
        return .invalidRequest(
            "The image at '\(UpstreamErrorDetails.sanitized(fault.url))' could not be fetched: \(fault.reason).",
            param: "messages",
            code: "invalid_image_url"
        )
    }
}
