/// A JSON schema, read once and held against any number of documents.
///
/// Checked are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`,
/// `anyOf`, `oneOf`, `allOf`, `not`, `$ref` within the document (with `$defs`, `definitions`, `$anchor`), the bounds of
/// numbers, lengths and sizes, `multipleOf` and `uniqueItems`: what structured outputs are asked for with. `pattern`,
/// `format`, `patternProperties` and everything else is not looked at, and a reference that leads nowhere accepts all.
package struct JSONSchema: Sendable {
    /// The bytes are no JSON object or boolean, or are nested too deeply.
    package struct Unreadable: Error {}

    let tape: JSONTape
    let nodes: [SchemaNode]

    package init(_ bytes: [UInt8]) throws(Unreadable) {
        guard let tape = JSONTape(bytes), tape.values[0].kind == .object || tape.values[0].kind == .boolean else {
            throw Unreadable()
        }
        let reader = SchemaReader(tape)
        self.tape = tape
        nodes = reader.nodes
    }

    /// The first place at which the document is not what the schema says; `nil` when it is. The work is bounded: what
    /// a schema that refers to itself leaves open after `SchemaCheck.maximumSteps` is accepted.
    package func fault(in text: [UInt8]) -> SchemaFault? {
        guard let document = JSONTape(text) else {
            return SchemaFault([], JSONValidator.isValid(text) ? "nested too deeply" : "no JSON document")
        }
        var check = SchemaCheck(schema: self, document: document)
        return check.run()
    }
}
