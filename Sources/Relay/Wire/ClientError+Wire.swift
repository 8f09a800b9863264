/// Status and envelope of an error, as each wire has them.
extension ClientError {
    func body(on wire: Wire) -> String {
        switch wire {
        case .chat, .responses, .completions: body
        case .messages: messagesBody
        }
    }

    func status(on wire: Wire) -> Int { wire == .messages ? messagesStatus : status }
}
