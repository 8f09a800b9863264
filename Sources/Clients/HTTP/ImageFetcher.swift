import NIOCore
import NIOPosix
import Synchronization

/// Fetches images that a client named by their URL, for providers that take only the bytes.
///
/// The URL is the client's: only http and https, only addresses of the public internet, which are checked as they are
/// connected to, so that a name that changes its mind gains nothing; redirects are checked again. Never through a
/// proxy, which would resolve the name itself.
package final class ImageFetcher: Sendable {
    package struct Limits: Sendable {
        package var bytes = 10 * 1024 * 1024
        /// Of all the images of one request.
        package var totalBytes = 20 * 1024 * 1024
        package var images = 16
        package var redirects = 3
        package var time = Duration.seconds(10)

        package init() {}
    }

    /// An image as a `data:` URL.
    package struct Image: Sendable, Equatable {
        package let dataURL: [UInt8]
    }

    /// Why an image is not to be had; in words for the client.
    package struct Fault: Error, Sendable, Equatable {
        package let url: String
        package let reason: String
        /// It may well be had later.
        package var isForWantOfRoom = false
    }

    /// What has come of the images of one request, which share one limit.
    private final class Gathered: Sendable {
        private let bytes = Atomic<Int>(0)
        private let limit: Int
        private let room: @Sendable (Int) -> Bool

        init(limit: Int, room: @escaping @Sendable (Int) -> Bool) {
            self.limit = limit
            self.room = room
        }

        /// Asks for as much room as the bytes will take as base64.
        func take(_ count: Int) -> Bool {
            bytes.wrappingAdd(count, ordering: .relaxed).newValue <= limit && room((count + 2) / 3 * 4)
        }

        var isTooMuch: Bool { bytes.load(ordering: .relaxed) > limit }
    }

    private let names: NameResolver
    private let client: SimpleClient
    private let tls: UpstreamTLS
    private let limits: Limits
    private let userAgent: String

    package init(
        tls: UpstreamTLS,
        rule: AddressRule = .publicInternet,
        limits: Limits = Limits(),
        userAgent: String,
        lookup: @escaping NameResolver.Lookup = NameResolver.system
    ) {
        names = NameResolver(threads: 4, lookup: rule.checking(lookup))
        // On threads of its own: what is still on its way when Relay stops ends by itself.
        client = SimpleClient(group: MultiThreadedEventLoopGroup.singleton, names: names)
        self.tls = tls
        self.limits = limits
        self.userAgent = userAgent
    }

    package func shutdown() { names.shutdown() }

    deinit { names.shutdown() }

    /// All of them at once; the first that fails is the answer.
    /// - Parameter room: asked for memory as it is needed; where there is none, nothing more is fetched.
    package func images(
        at urls: [String],
        taking room: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) async -> Result<[String: Image], Fault> {
        guard urls.count <= limits.images else {
            return .failure(
                Fault(url: urls[limits.images], reason: "more than \(limits.images) images have to be fetched")
            )
        }
        let deadline = ContinuousClock.now + limits.time
        let gathered = Gathered(limit: limits.totalBytes, room: room)
        return await withTaskGroup(of: Result<(String, Image), Fault>.self) { group in
            for url in urls {
                group.addTask {
                    do throws(Fault) {
                        return .success((url, try await self.image(at: url, until: deadline, gathered)))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var images: [String: Image] = [:]
            for await result in group {
                switch result {
                case .failure(let fault):
                    group.cancelAll()
                    return .failure(fault)
                case .success((let url, let image)): images[url] = image
                }
            }
            return .success(images)
        }
    }

    private func image(
        at url: String,
        until deadline: ContinuousClock.Instant,
        _ gathered: Gathered
    ) async throws(Fault) -> Image {
        func fault(_ reason: String) -> Fault { Fault(url: url, reason: reason) }
        var place = url
        for _ in 0...limits.redirects {
            guard let location = WebLocation(place), let target = try? UpstreamTarget(url: location.base, tls: tls)
            else {
                throw fault("it is no http or https URL")
            }
            let answer: SimpleClient.Answer
            do {
                answer = try await client.request(
                    "GET",
                    location.path,
                    at: target,
                    headers: [("user-agent", userAgent)],
                    timeout: max(.milliseconds(1), ContinuousClock.now.duration(to: deadline)),
                    maxBytes: limits.bytes,
                    taking: { gathered.take($0) }
                )
            } catch SimpleClient.Fault.noRoom {
                if gathered.isTooMuch { throw fault("the images are larger than \(limits.totalBytes) bytes") }
                throw Fault(url: url, reason: "there is no room for it now", isForWantOfRoom: true)
            } catch SimpleClient.Fault.tooLong {
                throw fault("it is larger than \(limits.bytes) bytes")
            } catch SimpleClient.Fault.timeout {
                throw fault("it did not come in time")
            } catch {
                throw fault("its host cannot be reached, or its address is not public")
            }
            if [301, 302, 303, 307, 308].contains(answer.status), let next = answer.head.first("location") {
                guard let absolute = location.resolving(next) else { throw fault("it redirects to no URL") }
                place = absolute
                continue
            }
            guard answer.status == 200 else { throw fault("its host answered \(answer.status)") }
            guard let type = ImageType(answer.body) else { throw fault("it is no PNG, JPEG, WebP, GIF or HEIC image") }
            var url = ByteBuffer(string: "data:\(type.rawValue);base64,")
            answer.body.withUnsafeReadableBytes { Base64.encode($0, into: &url) }
            return Image(dataURL: Array(url.readableBytesView))
        }
        throw fault("it redirects too often")
    }
}

/// What an image is, by its first bytes: what its host says of it proves nothing.
enum ImageType: String {
    case png = "image/png"
    case jpeg = "image/jpeg"
    case webp = "image/webp"
    case gif = "image/gif"
    case heic = "image/heic"
    case heif = "image/heif"

    init?(_ body: ByteBuffer) {
        let bytes = Array(body.readableBytesView.prefix(12))
        func has(_ text: String, at place: Int) -> Bool { bytes.dropFirst(place).starts(with: text.utf8) }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if has("RIFF", at: 0), has("WEBP", at: 8) {
            self = .webp
        } else if has("GIF87a", at: 0) || has("GIF89a", at: 0) {
            self = .gif
        } else if has("ftyp", at: 4), ["heic", "heix", "hevc", "heim", "heis"].contains(where: { has($0, at: 8) }) {
            self = .heic
        } else if has("ftyp", at: 4), has("mif1", at: 8) || has("msf1", at: 8) {
            self = .heif
        } else {
            return nil
        }
    }
}

/// A URL in the two parts that a request needs.
struct WebLocation: Equatable {
    /// `https://example.com:8443`
    let base: String
    /// Path and query, what is not ASCII percent-encoded.
    let path: String

    private static let maxBytes = 8 * 1024

    init?(_ url: String) {
        guard url.utf8.count <= Self.maxBytes, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        let lowered = url.prefix(8).lowercased()
        let start = lowered.hasPrefix("https://") ? 8 : lowered.hasPrefix("http://") ? 7 : 0
        guard start > 0 else { return nil }
        let bare = url.prefix { $0 != "#" }
        let rest = bare.dropFirst(start)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "\\" } ?? rest.endIndex
        guard !rest[..<end].isEmpty else { return nil }
        base = String(lowered.prefix(start)) + rest[..<end]
        let path = rest[end...]
        self.path = Self.encoded(path.hasPrefix("/") ? String(path) : "/" + path)
    }

    private static func encoded(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            if byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text
    }

    /// Where a `Location` leads from here.
    func resolving(_ location: String) -> String? {
        let lowered = location.prefix(8).lowercased()
        if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") { return location }
        if location.hasPrefix("//") { return base.prefix { $0 != ":" } + ":" + location }
        if location.hasPrefix("/") { return base + location }
        guard !location.isEmpty, !location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") else { return nil }
        let folder = path.prefix { $0 != "?" }
        return base + (folder.lastIndex(of: "/").map { folder[...$0] } ?? "/") + location
    }
}
