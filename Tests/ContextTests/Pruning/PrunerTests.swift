import Testing

@testable import Context

@Suite struct PrunerTests {
    /// A long talk about nothing, with one fact in it.
    static func talk(_ turns: Int, fact: String, at position: Int, asking question: String) -> [Message] {
        var messages = [Message(role: .system, text: "You are helpful.")]
        for turn in 0..<turns {
            let text =
                turn == position ? fact : "The weather on day \(turn) was mild and the street stayed quiet all evening."
            messages.append(Message(role: turn.isMultiple(of: 2) ? .user : .assistant, text: text))
        }
        messages.append(Message(role: .user, text: question))
        return messages
    }

    private func plan(
        _ messages: [Message],
        _ budget: Int,
        _ mode: ContextSettings.Mode,
        _ adjust: (inout ContextSettings) -> Void = { _ in }
    ) throws -> ContextPlan {
        var settings = ContextSettings(mode: mode)
        adjust(&settings)
        return try Pruner(settings: settings).prune(messages, toFit: budget)
    }

    @Test func `static keeps the system message and the last messages`() throws {
        let messages = Self.talk(40, fact: "x", at: 3, asking: "And now?")
        let plan = try plan(messages, 400, .static) { $0.staticRecentKeep = 4 }
        #expect(plan.kept == [0, 38, 39, 40, 41])
        #expect(plan.summary == nil && plan.mode == .static)
    }

    @Test func `disabled touches nothing, whatever the budget`() throws {
        let messages = Self.talk(40, fact: "x", at: 3, asking: "And now?")
        #expect(try plan(messages, 1, .disabled).changesNothing)
    }

    @Test(arguments: ContextSettings.Mode.allCases)
    func `a history that fits is not touched`(mode: ContextSettings.Mode) throws {
        let messages = Self.talk(40, fact: "x", at: 3, asking: "And now?")
        #expect(try plan(messages, 100_000, mode).changesNothing)
    }

    @Test func `counts apply to every call when asked for`() throws {
        let messages = Self.talk(40, fact: "Our cat is called Ramses.", at: 3, asking: "And now?")
        let plan = try plan(messages, 100_000, .reservoir) {
            $0.pruneWhen = .always
            $0.reservoirRecentKeep = 6
            $0.reservoirSummaryBudget = 60
        }
        #expect(plan.kept == [0] + Array(36...41))
        #expect(try #require(plan.summary).tokens <= 60)
        #expect(plan.summary?.before == 36)
    }

    @Test func `dynamic follows real usage`() throws {
        let messages = Self.talk(80, fact: "x", at: 3, asking: "And now?")
        let pruner = Pruner(settings: ContextSettings(mode: .dynamic))
        let plain = try pruner.prune(messages, toFit: 1_000)
        let under = try pruner.prune(messages, toFit: 1_000, recentUsage: RecentUsage([0.6, 0.65]))
        let over = try pruner.prune(messages, toFit: 1_000, recentUsage: RecentUsage([1.1, 1.2]))
        #expect(over.tokens < plain.tokens && plain.tokens < under.tokens)
        #expect(under.tokens <= 1_000 && over.tokens >= 300)
    }

    @Test(
        arguments: [
            ("Which name did we give the cat?", "Yesterday we named the cat Ramses after the king.", "Ramses"),
            ("我们给猫起了什么名字？", "昨天我们给猫起名叫拉美西斯，因为它很像国王。", "拉美西斯"),
            ("猫の名前は何ですか？", "昨日、猫にラムセスという名前を付けました。", "ラムセス"),
            ("เราตั้งชื่อแมวว่าอะไร?", "เมื่อวานเราตั้งชื่อแมวว่ารามเสสตามชื่อกษัตริย์", "รามเสส"),
            ("Как мы назвали кошку?", "Вчера мы назвали кошку Рамсес в честь царя.", "Рамсес"),
            ("우리가 고양이 이름을 뭐라고 지었지?", "어제 우리는 고양이 이름을 람세스라고 지었어요.", "람세스"),
        ]
    )
    func `what a question asks for is found in any language`(question: String, fact: String, answer: String) throws {
        let messages = Self.talk(200, fact: fact, at: 20, asking: question)
        let plan = try plan(messages, 500, .adaptive)
        #expect(try #require(plan.summary).text.contains(answer))
    }

    @Test func `a summary says who spoke, in order, and stands before what was kept`() throws {
        var messages = Self.talk(
            120,
            fact: "I moved to Lisbon in 2019.",
            at: 10,
            asking: "When did I move, and who is Ada?"
        )
        messages[52].text = "Ada Lovelace wrote to me in 1843."
        let plan = try plan(messages, 600, .adaptive)
        let text = try #require(plan.summary).text
        #expect(text.hasPrefix("[Earlier conversation summary]\n"))
        let lisbon = try #require(text.firstRange(of: "Lisbon"))
        let ada = try #require(text.firstRange(of: "Ada"))
        #expect(lisbon.lowerBound < ada.lowerBound)
        #expect(text.contains("user: ") || text.contains("assistant: "))
        #expect(plan.kept.contains(try #require(plan.summary).before))
    }

    @Test func `what was said on the date that a question names is found`() throws {
        var messages = Self.talk(240, fact: "I spent all day with a book about bees.", at: 122, asking: "")
        for (number, day) in (1...12).enumerated() {
            messages[1 + number * 20].text = "[9:15 am on \(day) July, 2023]\nGood morning!"
        }
        messages[messages.count - 1].text = "What did I do on 7 July, 2023?"
        let text = try #require(try plan(messages, 500, .adaptive).summary).text
        #expect(text.contains("book about bees"))
    }

    @Test func `where the words of a question meet counts for more than where one is said often`() throws {
        var messages = Self.talk(200, fact: "The violin teacher lives in Porto.", at: 20, asking: "")
        for turn in stride(from: 40, to: 180, by: 4) {
            messages[turn].text = "A teacher told a teacher about that teacher of number \(turn) again."
        }
        messages[messages.count - 1].text = "Where does my violin teacher live?"
        let text = try #require(try plan(messages, 260, .adaptive).summary).text
        #expect(text.contains("Porto"))
    }

    @Test func `negations are never left out`() throws {
        let messages = Self.talk(
            120,
            fact: "I am not allergic to peanuts and I have never been to the hospital.",
            at: 10,
            asking: "What am I allergic to, and was I in the hospital?"
        )
        let text = try #require(try plan(messages, 500, .adaptive).summary).text
        #expect(text.contains("not allergic") && text.contains("never"))
    }

    @Test func `long tool results are cut to lines that matter`() throws {
        let output = (0..<400)
            .map { $0 == 250 ? "error: parse_header failed in src/header.c:88" : "ok line number \($0) of output" }
        let messages = [
            Message(role: .system, text: "You write code."),
            Message(role: .user, text: "Why does parse_header fail in src/header.c?"),
            Message(role: .assistant, text: "", calls: [.init(id: "a", name: "run", arguments: "{\"cmd\":\"make\"}")]),
            Message(role: .tool, text: output.joined(separator: "\n"), resultOf: ["a"]),
            Message(
                role: .assistant,
                text: "",
                calls: [.init(id: "b", name: "read", arguments: "{\"path\":\"src/header.c\"}")]
            ),
            Message(role: .tool, text: "int parse_header(void) { return -1; }", resultOf: ["b"]),
        ]
        let plan = try plan(messages, 900, .adaptive)
        #expect(plan.kept == Array(0...5))
        let extract = try #require(plan.shortened[3])
        #expect(extract.contains("parse_header failed") && extract.hasPrefix("ok line number 0"))
        #expect(extract.contains("…") && plan.shortened[5] == nil)
    }

    @Test func `what cannot fit says how much it needs`() {
        let messages = [Message(role: .user, text: String(repeating: "many words ", count: 200))]
        let needed = messages[0].tokens + TokenEstimator.perRequest
        #expect(throws: ContextOverflow(needed: needed, budget: 50)) {
            try Pruner(settings: ContextSettings()).prune(messages, toFit: 50)
        }
    }

    @Test func `orphans go when a history is cut`() throws {
        var messages = Self.talk(40, fact: "x", at: 3, asking: "And now?")
        messages.insert(Message(role: .tool, text: "lost", resultOf: ["gone"]), at: 39)
        messages.insert(
            Message(role: .assistant, text: "", calls: [.init(id: "open", name: "f", arguments: "{}")]),
            at: 38
        )
        let plan = try plan(messages, 300, .adaptive)
        #expect(!plan.kept.contains(38) && !plan.kept.contains(40))
    }

    @Test func `images count and go with their message`() throws {
        var messages = Self.talk(20, fact: "x", at: 3, asking: "And now?")
        messages[20] = Message(role: .user, text: "Look", tokens: 900)
        let plan = try plan(messages, 400, .adaptive)
        #expect(!plan.kept.contains(20) && plan.tokens <= 400)
    }

    @Test func `an empty history stays empty`() throws {
        #expect(try plan([], 10, .adaptive).changesNothing)
    }
}
