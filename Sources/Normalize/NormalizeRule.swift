/// The rules by the names under which they are switched and counted.
package enum NormalizeRule: String, Sendable, CaseIterable {
    case preamble, think, markdown, json
    case toolRescue = "tool_rescue"
}

/// How often each rule changed something.
struct RuleCounts: Sendable, Equatable {
    var preamble = 0
    var think = 0
    var markdown = 0
    var json = 0
    var toolRescue = 0

    /// The rules that acted at least once.
    var acted: [NormalizeRule: Int] {
        let all: [NormalizeRule: Int] = [
            .preamble: preamble, .think: think, .markdown: markdown, .json: json, .toolRescue: toolRescue,
        ]
        return all.filter { $0.value > 0 }
    }
}
