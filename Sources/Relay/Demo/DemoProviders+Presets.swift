extension DemoProviders {
    /// Behaviours by name, for `relay simulate --behavior NAME`: the cast in lower case, and what the SDK tests and
    /// load tests put behind Relay. All take any model id.
    static func preset(named name: String) -> SimulatedProvider.Behavior? {
        let attentive = SimulatedProvider.Behavior(answer: .attentive)
        switch name {
        case "attentive": return attentive
        case "strict": return attentive.with { $0.isStrict = true }
        case "text-only":
            return attentive.with { behavior in
                behavior.takesImages = false
                behavior.takesTools = false
            }
        case "parallel-tools": return attentive.with { $0.tools = .allOffered }
        case "careless-tools":
            return attentive.with { behavior in
                behavior.streaming.sendsToolCallIDs = false
                behavior.streaming.sendsToolCallIndexes = false
            }
        case "fenced":
            return attentive.with { behavior in
                behavior.decoration.fencesJSON = true
                behavior.decoration.preamble = "Certainly! Here is the JSON you asked for:\n\n"
                behavior.decoration.postamble = "\n\nLet me know if you need anything else!"
            }
        case "unasked-usage": return attentive.with { $0.streaming.usage = .withFinish }
        case "no-usage": return attentive.with { $0.streaming.usage = .never }
        case "exhausted":
            return attentive.with { behavior in
                behavior.errors = .groq
                behavior.always = .rateLimited(.groq, retryAfter: "30")
            }
        case "exhausted-bare": return attentive.with { $0.always = .status(429, body: "{}") }
        case "down": return attentive.with { $0.always = .error(503, .openai, message: "The model is overloaded.") }
        case "dead": return attentive.with { $0.always = .resetBeforeHead }
        case "empty": return attentive.with { $0.always = .emptyAnswer() }
        case "cut": return attentive.with { $0.alwaysOnStreams = .cut(afterChunks: 4) }
        case "slow":
            return attentive.with { behavior in
                behavior.latency.beforeHead = .exactly(.milliseconds(50))
                behavior.latency.betweenChunks = .exactly(.milliseconds(50))
            }
        case "tiny": return attentive.with { $0.window = 512 }
        case "shredded":
            return attentive.with { behavior in
                behavior.answer = "Füße, 北京, 🙂: jedes Zeichen zerschnitten."
                behavior.delivery.bodyBytesPerPiece = 1
                behavior.streaming.lineEnd = "\r\n"
                behavior.streaming.commentBetween = "ping"
            }
        case "faulty": return mixed(refusal: .rateLimited(.groq, retryAfter: "1"))
        case "faulty-bare": return mixed(refusal: .status(429, body: "{}"))
        default: return cast.first { $0.name.lowercased() == name }?.behavior
        }
    }

    static let presetNames =
        [
            "attentive", "strict", "text-only", "parallel-tools", "careless-tools", "fenced", "unasked-usage",
            "no-usage",
            "exhausted", "exhausted-bare", "down", "dead", "empty", "cut", "slow", "tiny", "shredded", "faulty",
            "faulty-bare",
        ] + cast.map { $0.name.lowercased() }

    /// 10 % refused, 5 % resets, 5 % 5xx, 5 % of the streams cut; 20 to 200 ms until the head.
    private static func mixed(refusal: SimulatedProvider.Fault) -> SimulatedProvider.Behavior {
        SimulatedProvider.Behavior(answer: .attentive)
            .with { behavior in
                behavior.latency.beforeHead = .between(.milliseconds(20), .milliseconds(200))
                behavior.mix = [
                    .init(share: 0.10, fault: refusal),
                    .init(share: 0.05, fault: .resetBeforeHead),
                    .init(share: 0.05, fault: .error(502, .openai, message: "Bad gateway.")),
                    .init(share: 0.05, fault: .cut(afterChunks: 4)),
                ]
            }
    }

    /// Answers at a pace that can be watched.
    static let lively = SimulatedProvider.Behavior(answer: .attentive)
        .with { behavior in
            behavior.latency.beforeHead = .between(.milliseconds(30), .milliseconds(80))
            behavior.latency.betweenChunks = .exactly(.milliseconds(15))
        }

    static let limited = lively.with { behavior in
        behavior.errors = .groq
        behavior.rateLimit = .init(requests: 3, window: .seconds(20))
    }

    static let talkative = lively.with { behavior in
        behavior.decoration.preamble = "Certainly! "
        behavior.decoration.fencesJSON = true
        behavior.decoration.postamble = "\n\nLet me know if you need anything else!"
    }
}

extension SimulatedProvider.Answer {
    /// Shows what arrived: repeats a tool's result, counts images, counts the messages of a longer history, else says
    /// where Paris is.
    static let attentive = SimulatedProvider.Answer.computed { call in
        if let last = call.messages.last, last.role == "tool" { return "The tool said: \(last.text)" }
        let images = call.messages.reduce(0) { $0 + $1.imageCount }
        if images > 0 { return "I see \(images) image\(images == 1 ? "" : "s")." }
        let turns = call.messages.count { $0.role == "user" }
        if turns > 2 { return "I was sent \(call.messages.count) messages, about \(call.promptTokens) tokens." }
        return "Paris is the capital of France."
    }
}
