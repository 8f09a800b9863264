import Clients
import NIOCore

/// The way back of what is no chat completion: judged, counted, and passed on as it came.
extension Exchange {
    /// Longer answers with vectors are read on another thread.
    private static let offloadBytes = 256 * 1024

    func receive(
        _ read: consuming UpstreamRead,
        hasHead: Bool,
        of attempt: Attempt,
        for media: MediaRequest,
        _ now: Now,
        _ actions: inout Actions
    ) {
        guard let head = attempt.head else { return fail(.unreadable("no answer"), nil, now, &actions) }
        if hasHead {
            let type = head.first("content-type") ?? ""
            attempt.passesOn = head.status / 100 == 2 && MediaAnswer.passesAsItComes(type, from: media.endpoint)
        }
        if attempt.passesOn {
            attempt.noteRead(at: now)
            if read.body.readableBytes > 0 {
                attempt.noteMeaningful(at: now)
                phase = .streaming
                reply.pass(read.body)
            }
            guard read.hasEnded else { return flushPassed(attempt, last: false, now, &actions) }
            guard phase == .streaming else { return fail(.emptyAnswer, nil, now, &actions) }
            succeed(attempt, usage: attempt.estimatedUsage(answerBytes: 0), isReported: false, now)
            flushPassed(attempt, last: true, now, &actions)
            return finish(&actions)
        }
        if read.body.readableBytes > 0, !attempt.gather(read.body, at: now) {
            return fail(.unreadable("the answer is too long"), nil, now, &actions)
        }
        if read.hasEnded { receiveEnd(of: attempt, for: media, head, now, &actions) }
    }

    /// What has come of an answer that passes on as it comes, with the head when it is the first.
    private func flushPassed(_ attempt: Attempt, last: Bool, _ now: Now, _ actions: inout Actions) {
        guard last || reply.output.pending > 0, let head = attempt.head else { return }
        var opening: ByteBuffer?
        if case .head = reply.opening {
            let length = head.isStream ? nil : head.first("content-length").flatMap { Int($0) }
            let type = head.first("content-type") ?? "application/octet-stream"
            var buffer = reply.passedHead(contentType: type, length: length)
            writeFields(of: attempt.route, attempt: attempt.number, now, into: &buffer)
            ReplyHead.end(&buffer)
            opening = buffer
        }
        reply.flush(last: last, at: now, opening: opening, into: &actions.write)
    }

    private func receiveEnd(
        of attempt: Attempt,
        for media: MediaRequest,
        _ head: ResponseHead,
        _ now: Now,
        _ actions: inout Actions
    ) {
        guard head.status / 100 == 2 else {
            let (failure, details) = attempt.errors(now).read(status: head.status, body: attempt.body)
            return fail(failure.ofMedia, details, now, &actions)
        }
        guard attempt.translateEmbeddings() else {
            return fail(.unreadable("the answer is not in the provider's dialect"), nil, now, &actions)
        }
        let expected = MediaAnswer.Expectation(
            endpoint: media.endpoint,
            vectors: media.vectors,
            isMatryoshka: attempt.route.model.isMatryoshka == true,
            note: chain.showsProvider ? attempt.note(now) : nil
        )
        if media.endpoint == .embeddings, attempt.body.readableBytes > Self.offloadBytes {
            actions.reading = EmbeddingsWork(attempt.body, expected)
            return
        }
        let type = head.first("content-type") ?? ""
        finishMedia(MediaAnswer.read(attempt.body, contentType: type, expected), now, &actions)
    }

    func finishMedia(_ reading: MediaAnswer.Reading, _ now: Now, _ actions: inout Actions) {
        guard let attempt, phase == .attempting else { return }
        switch reading {
        case .answer(let answer):
            let usage = answer.usage ?? attempt.estimatedUsage(answerBytes: 0)
            succeed(attempt, usage: usage, isReported: answer.usage != nil, now)
            writeWhole(
                answer.body,
                of: attempt.route,
                attempt: attempt.number,
                contentType: answer.contentType,
                now,
                &actions
            )
            finish(&actions)
        case .refused:
            let (failure, details) = attempt.errors(now).read(status: 200, body: attempt.body)
            fail(failure.ofMedia, details, now, &actions)
        case .failed(let failure):
            fail(failure, nil, now, &actions)
        case .impossible(let message):
            var details = UpstreamErrorDetails(message: message)
            details.param = "dimensions"
            fail(.badRequest(status: 400), details, now, &actions)
        }
    }
}

extension UpstreamFailure {
    /// There is no history that could be fitted, and no answer that could be shorter.
    fileprivate var ofMedia: UpstreamFailure {
        switch self {
        case .contextLengthExceeded, .maxTokensTooLarge, .noRoomForAnswer: .badRequest(status: 400)
        default: self
        }
    }
}
