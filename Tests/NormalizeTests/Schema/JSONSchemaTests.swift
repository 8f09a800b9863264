import Testing

@testable import Normalize

@Suite struct JSONSchemaTests {
    /// Schema, document, and the fault or `nil`.
    static let cases: [(String, String, String?)] = [
        ("{}", "[1, {\"a\": null}]", nil),
        ("true", "1", nil),
        ("false", "1", "$: not allowed"),
        ("{\"type\": \"object\"}", "{}", nil),
        ("{\"type\": \"object\"}", "[]", "$: expected object, got array"),
        ("{\"type\": [\"string\", \"null\"]}", "null", nil),
        ("{\"type\": [\"string\", \"null\"]}", "true", "$: expected null or string, got boolean"),
        ("{\"type\": \"integer\"}", "1.0", nil),
        ("{\"type\": \"integer\"}", "1e2", nil),
        ("{\"type\": \"integer\"}", "1.5", "$: expected integer, got a fraction"),
        ("{\"type\": \"number\"}", "1", nil),
        ("{\"enum\": [\"a\", 1, [1, 2], {\"b\": 1, \"c\": 2}]}", "{\"c\": 2.0, \"b\": 1}", nil),
        ("{\"enum\": [\"a\", \"b\"]}", "\"\\u0061\"", nil),
        ("{\"enum\": [\"a\", \"b\"]}", "\"c\"", "$: is none of the 2 values of the enum"),
        ("{\"enum\": [0]}", "false", "$: is none of the 1 values of the enum"),
        ("{\"const\": 9007199254740993}", "9007199254740992", "$: is not the constant"),
        ("{\"const\": null}", "null", nil),
        ("{\"required\": [\"a\", \"b c\"]}", "{\"a\": 1}", "$: \"b c\" is missing"),
        ("{\"required\": [\"é\"]}", "{\"\\u00e9\": 1}", nil),
        (
            "{\"properties\": {\"items\": {\"items\": {\"properties\": {\"price\": {\"type\": \"number\"}}}}}}",
            "{\"items\": [{}, {\"price\": 1}, {\"price\": \"2\"}]}", "$.items[2].price: expected number, got string"
        ),
        ("{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", "{\"a\": 1}", nil),
        (
            "{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", "{\"a\": 1, \"b c\": 2}",
            "$[\"b c\"]: not allowed"
        ),
        (
            "{\"additionalProperties\": {\"type\": \"string\"}}", "{\"a\": \"x\", \"b\": 1}",
            "$.b: expected string, got number"
        ),
        ("{\"patternProperties\": {\"^x\": {}}, \"additionalProperties\": false}", "{\"xa\": 1}", nil),
        ("{\"items\": {\"type\": \"string\"}}", "[\"a\", 1]", "$[1]: expected string, got number"),
        (
            "{\"prefixItems\": [{\"type\": \"string\"}], \"items\": false}", "[\"a\", 1]",
            "$[1]: not allowed"
        ),
        ("{\"items\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}", "[\"a\", 1, null]", nil),
        ("{\"minItems\": 1, \"maxItems\": 2}", "[]", "$: has 0 items, at least 1 are wanted"),
        ("{\"minItems\": 1, \"maxItems\": 2}", "[1, 2, 3]", "$: has 3 items, at most 2 are wanted"),
        ("{\"uniqueItems\": true}", "[1, \"1\", true, [1], {\"a\": 1}]", nil),
        ("{\"uniqueItems\": true}", "[{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1.0}]", "$[1]: is there twice"),
        ("{\"minProperties\": 1}", "{}", "$: has 0 members, at least 1 are wanted"),
        ("{\"minLength\": 2, \"maxLength\": 2}", "\"é😀\"", nil),
        ("{\"minLength\": 2, \"maxLength\": 2}", "\"\\ud83d\\ude00\"", "$: has 1 characters, at least 2 are wanted"),
        ("{\"minimum\": 0, \"maximum\": 10}", "-0.5", "$: is below the minimum"),
        ("{\"minimum\": 0, \"maximum\": 10}", "10", nil),
        ("{\"exclusiveMaximum\": 10}", "10.0", "$: is not below the exclusive maximum"),
        ("{\"exclusiveMinimum\": 0}", "0", "$: is not above the exclusive minimum"),
        ("{\"multipleOf\": 0.01}", "19.99", nil),
        ("{\"multipleOf\": 3}", "1e2", "$: is no multiple of the step"),
        ("{\"multipleOf\": 3}", "9e20", nil),
        ("{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"null\"}]}", "null", nil),
        ("{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"null\"}]}", "1", "$: matches none of the 2 alternatives"),
        (
            "{\"anyOf\": [{\"type\": \"null\"}, {\"properties\": {\"a\": {\"type\": \"string\"}}}]}", "{\"a\": 1}",
            "$.a: expected string, got number"
        ),
        (
            "{\"oneOf\": [{\"type\": \"number\"}, {\"minimum\": 2}]}", "3",
            "$: matches 2 of the alternatives, one is wanted"
        ),
        ("{\"oneOf\": [{\"type\": \"number\"}, {\"type\": \"string\"}]}", "3", nil),
        ("{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "3", "$: is above the maximum"),
        ("{\"not\": {\"type\": \"null\"}}", "null", "$: matches what it must not"),
        (
            "{\"$ref\": \"#/$defs/node\", \"$defs\": {\"node\": {\"properties\": {\"next\": {\"$ref\": \"#/$defs/node\"}, "
                + "\"v\": {\"type\": \"integer\"}}}}}",
            "{\"next\": {\"next\": {\"v\": \"x\"}}}", "$.next.next.v: expected integer, got string"
        ),
        ("{\"properties\": {\"a\": {\"$ref\": \"#\"}}, \"required\": [\"a\"]}", "{\"a\": {}}", "$.a: \"a\" is missing"),
        ("{\"definitions\": {\"a/b\": {\"type\": \"null\"}}, \"$ref\": \"#/definitions/a~1b\"}", "null", nil),
        (
            "{\"$defs\": {\"x\": {\"$anchor\": \"y\", \"type\": \"null\"}}, \"$ref\": \"#y\"}", "1",
            "$: expected null, got number"
        ),
        ("{\"$ref\": \"https://example.com/schema\"}", "1", nil),
        ("{\"$ref\": \"#/nowhere\"}", "1", nil),
        ("{\"format\": \"email\", \"pattern\": \"^a\", \"description\": 1, \"x-own\": []}", "\"b\"", nil),
        ("{\"type\": \"object\"}", "{\"a\": ", "$: no JSON document"),
    ]

    @Test(arguments: cases) func `a document is held against its schema`(
        _ schema: String,
        _ document: String,
        _ fault: String?
    ) throws {
        let schema = try JSONSchema(Array(schema.utf8))
        #expect(schema.fault(in: Array(document.utf8))?.description == fault)
    }

    @Test(arguments: ["", "[]", "1", "{", "\"type\""]) func `what is no schema is refused`(_ text: String) {
        #expect(throws: JSONSchema.Unreadable.self) { try JSONSchema(Array(text.utf8)) }
    }

    @Test(arguments: [
        "{\"$ref\": \"#\"}", "{\"anyOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}", "{\"not\": {\"$ref\": \"#\"}}",
        "{\"allOf\": [{\"$ref\": \"#/$defs/a\"}], \"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"$ref\": \"#/$defs/a\"}}}",
    ])
    func `a schema that refers to itself comes to an end`(_ text: String) throws {
        let schema = try JSONSchema(Array(text.utf8))
        _ = schema.fault(in: Array("{\"a\": [1]}".utf8))
    }

    @Test func `references that double with every step are given up on and accepted`() throws {
        let steps = (0..<60)
            .map { "\"a\($0)\": {\"oneOf\": [{\"$ref\": \"#/$defs/a\($0 + 1)\"}, {\"$ref\": \"#/$defs/a\($0 + 1)\"}]}" }
        let text =
            "{\"$ref\": \"#/$defs/a0\", \"$defs\": {\(steps.joined(separator: ",")), \"a60\": {\"type\": \"null\"}}}"
        let schema = try JSONSchema(Array(text.utf8))
        #expect(schema.fault(in: Array("1".utf8)) == nil)
    }

    @Test func `a long chain of references is followed as far as it may be`() throws {
        func chain(_ length: Int) throws -> JSONSchema {
            let steps = (0..<length).map { "\"a\($0)\": {\"allOf\": [{\"$ref\": \"#/$defs/a\($0 + 1)\"}]}" }
            let definitions = steps.joined(separator: ",") + ", \"a\(length)\": {\"type\": \"null\"}"
            return try JSONSchema(Array("{\"$ref\": \"#/$defs/a0\", \"$defs\": {\(definitions)}}".utf8))
        }
        #expect(try chain(100).fault(in: [0x31])?.reason == "expected null, got number")
        #expect(try chain(2000).fault(in: [0x31]) == nil)
    }

    @Test func `a document that is nested too deeply is a fault`() throws {
        let schema = try JSONSchema(Array("{\"items\": {\"$ref\": \"#\"}}".utf8))
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(schema.fault(in: nested(256)) == nil)
        #expect(schema.fault(in: nested(257))?.reason == "nested too deeply")
    }

    @Test func `a fault says nothing of what the document holds`() throws {
        let schema = try JSONSchema(Array("{\"properties\": {\"a\": {\"enum\": [1], \"maxLength\": 2}}}".utf8))
        let fault = schema.fault(in: Array("{\"a\": \"secret\"}".utf8))
        #expect(fault?.path == "$.a")
        #expect(fault?.description.contains("secret") == false)
    }

    @Test func `long names are shown short and on one line`() throws {
        let schema = try JSONSchema(Array("{\"additionalProperties\": false}".utf8))
        let name = String(repeating: "n\\n", count: 100)
        let fault = schema.fault(in: Array("{\"\(name)\": 1}".utf8))
        #expect(fault?.description.count ?? 0 < 80)
        #expect(fault?.description.contains("\n") == false)
    }
}
