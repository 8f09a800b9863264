/// Status and envelope of an error, as each wire has them.
extension ClientError {
    func body(on wire: Wire) -> String {
        switch wire {
        case .chat, .responses, .completions: body
        case .messages: body
        }
    }

    func status(on wire: Wire) -> Int { status }
}
