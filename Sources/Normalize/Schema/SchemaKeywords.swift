/// The keywords of one schema in the form in which they are checked; other schemas by their place.
struct SchemaKeywords: Sendable {
    /// The value types that a `type` may list.
    struct Types: OptionSet, Sendable {
        let rawValue: UInt8

        static let null = Types(rawValue: 1)
        static let boolean = Types(rawValue: 2)
        static let integer = Types(rawValue: 4)
        static let number = Types(rawValue: 8)
        static let string = Types(rawValue: 16)
        static let array = Types(rawValue: 32)
        static let object = Types(rawValue: 64)

        static let names: [(name: String, type: Types)] = [
            ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
            ("array", .array), ("object", .object),
        ]

        var text: String {
            Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ")
        }
    }

    struct Bounds: Sendable {
        var minimum: JSONQuantity?
        var exclusiveMinimum: JSONQuantity?
        var maximum: JSONQuantity?
        var exclusiveMaximum: JSONQuantity?
        var multipleOf: JSONQuantity?
    }

    /// `minLength`, `minItems` and their like.
    struct Sizes: Sendable {
        var least: Int?
        var most: Int?
    }

    /// The schema `false`.
    var refusesAll = false
    /// Empty: any.
    var types: Types = []
    var reference: Int?
    var bounds: Bounds?
    var length: Sizes?
    var items: Sizes?
    var members: Sizes?
    var hasUniqueItems = false
    /// Places in the schema's own tape.
    var enumeration: [Int]?
    var constant: Int?
    var properties: [ArraySlice<UInt8>: Int] = [:]
    var required: [ArraySlice<UInt8>] = []
    var additionalProperties: Int?
    var prefixItems: [Int] = []
    var otherItems: Int?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?

    var looksAtMembers: Bool {
        !properties.isEmpty || additionalProperties != nil || !required.isEmpty || members != nil
    }
    var looksAtItems: Bool { !prefixItems.isEmpty || otherItems != nil || items != nil || hasUniqueItems }
}

/// One schema of a document. A class, so that to look at it copies nothing.
final class SchemaNode: Sendable {
    let keywords: SchemaKeywords

    init(_ keywords: SchemaKeywords) {
        self.keywords = keywords
    }
}
