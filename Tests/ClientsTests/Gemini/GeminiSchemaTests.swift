import NIOCore
import Testing

@testable import Clients

/// JSON schemas in the keywords that Gemini takes.
struct GeminiSchemaTests {
    private static func written(_ schema: String) throws -> String {
        try ByteBuffer(string: schema)
            .withUnsafeReadableBytes { bytes in
                var json = JSONBuilder()
                GeminiSchema(root: try JSONView(document: bytes)).write(into: &json)
                return String(buffer: json.buffer)
            }
    }

    private static let cases: [(String, String)] = [
        (#"{"$schema":"x","type":"string","minLength":1,"examples":["a"]}"#, #"{"type":"string","minLength":1}"#),
        (#"{"type":["string","null"]}"#, #"{"type":["string","null"]}"#),
        (#"{"type":"STRING","nullable":true}"#, #"{"type":["string","null"]}"#),
        (
            #"{"type":["string","integer","null"],"description":"d","minimum":1}"#,
            #"{"description":"d","anyOf":[{"type":["string","null"]},{"type":["integer","null"],"minimum":1}]}"#
        ),
        (#"{"const":"a"}"#, #"{"type":"string","enum":["a"]}"#),
        (#"{"enum":["a",null,"b"]}"#, #"{"type":["string","null"],"enum":["a","b"]}"#),
        (#"{"type":"integer","enum":[1,2]}"#, #"{"type":"integer","enum":[1,2]}"#),
        (#"{"type":"boolean","enum":[true]}"#, #"{"type":"boolean"}"#),
        (#"{"oneOf":[{"type":"string"},{"type":"number"}]}"#, #"{"anyOf":[{"type":"string"},{"type":"number"}]}"#),
        (
            #"{"anyOf":[{"type":"string","format":"uri"},{"type":"null"}],"description":"d"}"#,
            #"{"type":["string","null"],"description":"d"}"#
        ),
        (
            #"{"anyOf":[{"const":"a"},{"const":2},{"type":"null"}]}"#,
            #"{"anyOf":[{"type":"string","enum":["a"]},{"type":"number","enum":[2]},{"type":"null"}]}"#
        ),
        (
            #"{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":true},"required":["b","c","a"]}]}"#,
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{}},"required":["a","b"]}"#
        ),
        (#"{"type":"string","format":"date-time"}"#, #"{"type":"string","format":"date-time"}"#),
        (#"{"type":"string","format":"email","pattern":"a"}"#, #"{"type":"string","pattern":"a"}"#),
        (#"{"type":"integer","format":"int64"}"#, #"{"type":"integer","format":"int64"}"#),
        (
            #"{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10,"multipleOf":2}"#,
            #"{"type":"integer","minimum":1,"maximum":9}"#
        ),
        (#"{"type":"number","exclusiveMinimum":0.5}"#, #"{"type":"number","minimum":0.5}"#),
        (#"{"type":"integer","minimum":3,"exclusiveMinimum":true}"#, #"{"type":"integer","minimum":3}"#),
        (
            #"{"type":"array","items":{"type":"string","maxLength":2},"uniqueItems":true,"minItems":1}"#,
            #"{"type":"array","minItems":1,"items":{"type":"string","maxLength":2}}"#
        ),
        (
            #"{"type":"array","items":[{"type":"string"},{"type":"number"}]}"#,
            #"{"type":"array","prefixItems":[{"type":"string"},{"type":"number"}]}"#
        ),
        (
            #"{"type":"object","additionalProperties":{"type":"string","contentEncoding":"x"},"patternProperties":{}}"#,
            #"{"type":"object","additionalProperties":{"type":"string"}}"#
        ),
        (
            ##"{"properties":{"p":{"$ref":"#/$defs/P","description":"mine"}},"$defs":{"P":{"type":"object","description":"its","properties":{"x~y":{"$ref":"#/definitions/Q~1R"}}}},"definitions":{"Q/R":{"type":"string"}}}"##,
            #"{"type":"object","properties":{"p":{"type":"object","description":"its","properties":{"x~y":{"type":"string"}}}}}"#
        ),
        (
            ##"{"type":"object","properties":{"next":{"$ref":"#"},"tree":{"$ref":"#/$defs/T"}},"$defs":{"T":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/T"}}}}}}"##,
            #"{"type":"object","properties":{"next":{},"tree":{"type":"object","properties":{"kids":{"type":"array","items":{}}}}}}"#
        ),
        (##"{"$ref":"#/$defs/missing","title":"t"}"##, ##"{"title":"t"}"##), ("true", "{}"), (##"{"type":7}"##, "{}"),
        (#"{"not":{"type":"string"},"if":{},"default":{"a":[1]}}"#, #"{"default":{"a":[1]}}"#),
        (
            #"{"type":"object","properties":{"a\n\"":{"type":"string"}},"required":["a\n\"","a\n\""]}"#,
            #"{"type":"object","properties":{"a\n\"":{"type":"string"}},"required":["a\n\""]}"#
        ),
    ]

    @Test(arguments: cases)
    func `a schema keeps what Gemini knows`(_ schema: String, _ expected: String) throws {
        #expect(try Self.written(schema) == expected)
    }

    @Test func `references that multiply do not`() throws {
        // Each names the next one twice: written out it would be a million schemas.
        let definitions = (0..<20)
            .map {
                ##""D\##($0)":{"type":"object","properties":{"a":{"$ref":"#/$defs/D\##($0 + 1)"},"b":{"$ref":"#/$defs/D\##($0 + 1)"}}}"##
            }
        let schema =
            ##"{"$ref":"#/$defs/D0","$defs":{\##(definitions.joined(separator: ",")),"D20":{"type":"string"}}}"##
        let start = ContinuousClock.now
        #expect(try Self.written(schema).utf8.count < 500_000)
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test(.timeLimit(.minutes(1))) func `a wide schema is read once`() throws {
        let wide = (0..<60_000).map { #""p\#($0)":{}"# }.joined(separator: ",")
        let more = (0..<3_900).map { #"{"properties":{"p\#($0)":{},"q\#($0)":{}}}"# }.joined(separator: ",")
        let merged = try Self.written(#"{"type":"object","allOf":[{"properties":{\#(wide)}},\#(more)]}"#)
        #expect(try Self.propertyCount(merged) == 63_900)
        let missing = (0..<3_900).map { ##""m\##($0)":{"$ref":"#/$defs/n\##($0)"}"## }.joined(separator: ",")
        let written = try Self.written(#"{"properties":{\#(missing)},"$defs":{\#(wide)}}"#)
        #expect(try Self.propertyCount(written) == 3_900)
    }

    private static func propertyCount(_ schema: String) throws -> Int? {
        try ByteBuffer(string: schema)
            .withUnsafeReadableBytes { try JSONView(document: $0)["properties"]?.members.count }
    }

    @Test func `a schema that nests very deep is cut`() throws {
        let schema =
            String(repeating: #"{"type":"array","items":"#, count: 60) + "{}" + String(repeating: "}", count: 60)
        #expect(try Self.written(schema).contains("items"))
    }
}
