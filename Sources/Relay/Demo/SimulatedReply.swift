/// A response as a list of steps for the connection to play.
struct SimulatedReply: Sendable {
    enum Step: Sendable {
        case write([UInt8])
        case wait(Duration)
        /// The connection ends with the answer.
        case close
        /// The connection ends before the answer does.
        case hangUp
        case reset
        /// Nothing more, until the client leaves.
        case hang
    }

    var status: Int
    var steps: [Step]

    /// A body that is there at once: errors, lists, whole answers that nothing happens to.
    init(
        status: Int,
        body: String,
        contentType: String = "application/json",
        headers: [(name: String, value: String)] = [],
        delivery: SimulatedProvider.Delivery = .init()
    ) {
        var writer = SimulatedReplyWriter(delivery: delivery, framing: delivery.whole)
        let body = Array(body.utf8)
        writer.head(status: status, contentType: contentType, length: body.count, headers: headers)
        writer.body(body)
        writer.end()
        self.init(status: status, steps: writer.steps)
    }

    init(status: Int, steps: [Step]) {
        self.status = status
        self.steps = steps
    }
}

/// Frames heads and bodies and cuts them into the writes that the delivery asks for.
struct SimulatedReplyWriter {
    let delivery: SimulatedProvider.Delivery
    let framing: SimulatedProvider.Delivery.Framing
    private(set) var steps: [SimulatedReply.Step] = []

    init(delivery: SimulatedProvider.Delivery, framing: SimulatedProvider.Delivery.Framing) {
        self.delivery = delivery
        self.framing = framing
    }

    mutating func head(status: Int, contentType: String, length: Int, headers: [(name: String, value: String)] = []) {
        var lines = ["HTTP/1.1 \(status) \(reason(status))", "Content-Type: \(contentType)", "Server: simulated"]
        lines += ["x-request-id: req_sim\(UInt32.random(in: 0...UInt32.max))"]
        lines += (headers + delivery.extraHeaders).map { "\($0.name): \($0.value)" }
        switch framing {
        case .contentLength: lines.append("Content-Length: \(length)")
        case .chunked: lines.append("Transfer-Encoding: chunked")
        case .closeDelimited: break
        }
        if delivery.closes || framing == .closeDelimited { lines.append("Connection: close") }
        write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    }

    mutating func body(_ bytes: [UInt8]) {
        for piece in bytes.inPieces(of: delivery.bodyBytesPerPiece) {
            guard framing == .chunked else {
                write(piece)
                continue
            }
            write(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A])
        }
    }

    /// The proper end.
    mutating func end() {
        if framing == .chunked { write(Array("0\r\n\r\n".utf8)) }
        if delivery.closes || delivery.closesSilently || framing == .closeDelimited { steps.append(.close) }
    }

    mutating func wait(_ pause: SimulatedProvider.Pause) {
        let duration = pause.draw()
        if duration > .zero { steps.append(.wait(duration)) }
    }

    mutating func add(_ step: SimulatedReply.Step) { steps.append(step) }

    private mutating func write(_ bytes: [UInt8]) {
        for piece in bytes.inPieces(of: delivery.bytesPerWrite) {
            if delivery.betweenWrites > .zero { steps.append(.wait(delivery.betweenWrites)) }
            steps.append(.write(piece))
        }
    }

    private func reason(_ status: Int) -> String {
        let reasons = [
            200: "OK", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
            404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required",
            413: "Content Too Large", 422: "Unprocessable Content", 429: "Too Many Requests",
            500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
            529: "Overloaded",
        ]
        return reasons[status] ?? "Status"
    }
}

extension [UInt8] {
    /// Pieces of `count` bytes, the last one shorter; the whole where `count` is `nil`. Nothing is no piece.
    fileprivate func inPieces(of count: Int?) -> [[UInt8]] {
        guard let count, count > 0, self.count > count else { return isEmpty ? [] : [self] }
        return stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
