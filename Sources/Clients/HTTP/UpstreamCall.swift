/// Who waits for a call. Events of a cancelled call are not delivered.
package protocol UpstreamReceiver: AnyObject {
    func receive(_ event: consuming UpstreamEvent, of call: UpstreamCall)
}

/// One request on its way, from the pool to the last byte of the answer. Lives on one event loop.
package final class UpstreamCall {
    package let target: UpstreamTarget
    let request: UpstreamRequest
    /// Where it is under way; let go of when it has ended.
    var connection: UpstreamConnection?
    /// Held until the call has ended, one way or the other.
    private(set) var receiver: (any UpstreamReceiver)?
    private(set) var isCancelled = false
    /// Nothing is delivered any more, when what is delivered now has been.
    package private(set) var hasEnded = false
    /// The request was handed to a connection; `connected` is delivered only where that took a while.
    package internal(set) var isSent = false
    var answerBegan = false
    /// A warm connection that turns out dead is replaced once.
    var mayRetry = true

    init(target: UpstreamTarget, request: consuming UpstreamRequest, receiver: any UpstreamReceiver) {
        self.target = target
        self.request = request
        self.receiver = receiver
    }

    /// Nobody waits any more: the connection is closed, since HTTP/1.1 has no other way to say so.
    package func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        receiver = nil
        connection?.abandon()
        connection = nil
    }

    /// Nobody listens any more, but the answer is as good as over: its last bytes are read, so that the connection can
    /// serve the next call. One that does not end soon is closed.
    package func letFinish() {
        receiver = nil
        connection?.expectEnd()
    }

    /// Stops reading from the provider until `resume`; the other side of a slow client.
    package func pause() { connection?.pauseReading() }
    package func resume() { connection?.resumeReading() }

    func deliver(_ event: consuming UpstreamEvent, isLast: Bool = false) {
        guard let receiver else { return }
        if isLast {
            hasEnded = true
            self.receiver = nil
        }
        receiver.receive(event, of: self)
    }
}
