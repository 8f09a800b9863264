/// What a grounded answer cites, as `annotations` of the kind `url_citation`.
///
/// Gemini counts its segments in bytes of the text, a chat completion in characters.
struct GeminiGrounding {
    private let chunks: [JSONView]
    private let supports: [JSONView]

    init(_ metadata: JSONView) {
        chunks = (metadata["groundingChunks"]?.elements ?? []).map { $0["web"] ?? $0["maps"] ?? $0 }
        supports = metadata["groundingSupports"]?.elements ?? []
    }

    var isEmpty: Bool { !chunks.contains { $0["uri"]?.isString == true } }

    /// `content` is the whole text so far, escaped.
    func write(content: [UInt8], into json: inout JSONBuilder) {
        let counter = CharacterCounter(escaped: content)
        json.array { json in
            var cited: Set<Int> = []
            for support in supports {
                let segment = support["segment"]
                let start = counter.characters(before: segment?["startIndex"]?.integer ?? 0)
                let end = counter.characters(before: segment?["endIndex"]?.integer ?? 0)
                for place in (support["groundingChunkIndices"]?.elements ?? []).compactMap(\.integer)
                where chunks.indices.contains(place) {
                    cited.insert(place)
                    Self.write(chunks[place], start, end, into: &json)
                }
            }
            for (place, chunk) in chunks.enumerated() where !cited.contains(place) {
                Self.write(chunk, 0, 0, into: &json)
            }
        }
    }

    private static func write(_ chunk: JSONView, _ start: Int, _ end: Int, into json: inout JSONBuilder) {
        guard let url = chunk["uri"], url.isString else { return }
        json.object { json in
            json.member("type", "url_citation")
            json.member("url_citation") { json in
                json.object { json in
                    json.member("start_index", start)
                    json.member("end_index", max(start, end))
                    json.member("url", copying: url)
                    json.member("title", copying: chunk["title"] ?? url)
                }
            }
        }
    }
}

/// How many characters a text has before each of its bytes, where that is not the number of bytes.
private struct CharacterCounter {
    /// Characters before each 64th byte.
    private var marks: [Int] = [0]
    private var text: [UInt8]

    init(escaped: [UInt8]) {
        text = escaped.withUnsafeBytes { JSONText.unescape(content: $0) }
        var count = 0
        for (place, byte) in text.enumerated() {
            if place > 0, place % 64 == 0 { marks.append(count) }
            if byte & 0xC0 != 0x80 { count += 1 }
        }
    }

    func characters(before place: Int) -> Int {
        let place = min(max(0, place), text.count)
        let mark = min(place / 64, marks.count - 1)
        return text[mark * 64..<place].reduce(marks[mark]) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    }
}
