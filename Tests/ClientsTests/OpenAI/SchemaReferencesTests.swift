import NIOCore
import Testing

@testable import Clients

struct SchemaReferencesTests {
    private static func areFinite(_ schema: String) throws -> Bool {
        try ByteBuffer(string: schema)
            .withUnsafeReadableBytes { SchemaReferences.areFinite(in: try JSONView(document: $0)) }
    }

    @Test(arguments: [
        "{}", "true", ##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"string"}}}"##,
        ##"{"items":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],"$defs":{"A":{"$ref":"#/$defs/B"},"B":{}}}"##,
        ##"{"$ref":"#/definitions/a~1b~0","definitions":{"a/b~":{}}}"##,
        ##"{"properties":{"$ref":{"type":"string"}}}"##,
    ])
    func `references down to what needs none have an end`(_ schema: String) throws {
        #expect(try Self.areFinite(schema))
    }

    @Test(arguments: [
        ##"{"properties":{"a":{"$ref":"#"}}}"##,
        ##"{"$ref":"#/$defs/A","$defs":{"A":{"properties":{"next":{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}}}}}"##,
        ##"{"$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"items":{"$ref":"#/$defs/C"}},"C":{"$ref":"#/$defs/A"}}}"##,
        ##"{"$ref":"#/$defs/None","$defs":{}}"##, ##"{"$ref":"https://a.b/schema.json"}"##,
        ##"{"properties":{"a":{"type":"string"},"b":{"$ref":"#/properties/a"}}}"##,
    ])
    func `circles and ways out of the schema have none`(_ schema: String) throws {
        #expect(try !Self.areFinite(schema))
    }

    @Test(.timeLimit(.minutes(1))) func `a long chain is followed to its end`() throws {
        let links = (0..<20_000).map { ##""\##($0)":{"$ref":"#/$defs/\##($0 + 1)"}"## }.joined(separator: ",")
        #expect(try Self.areFinite(##"{"$defs":{\##(links),"20000":{}}}"##))
        #expect(try !Self.areFinite(##"{"$defs":{\##(links),"20000":{"$ref":"#/$defs/7"}}}"##))
    }
}
