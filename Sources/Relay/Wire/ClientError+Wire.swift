/// Status and envelope of an error, as each wire has them.
extension ClientError {
    func body(on wire: Wire) -> String {
        switch wire {
        case .chat: body
        case .messages: messagesBody
        case .responses: naming("input").body
        case .completions: naming("prompt").body
        }
    }

    func status(on wire: Wire) -> Int { wire == .messages ? messagesStatus : status }

    /// The member that the wire has where a chat completion has its messages.
    private func naming(_ input: String) -> ClientError {
        guard let param, param == "messages" || param.hasPrefix("messages[") || param.hasPrefix("messages.") else {
            return self
        }
        var error = self
        error.param = input
        return error
    }
}
