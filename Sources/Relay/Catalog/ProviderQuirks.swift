/// What the catalog says of a provider's ways and times.
extension Quirks {
    init(_ object: ObjectReader) {
        var object = object
        dropParameters = object.read([String].self, "drop_parameters") ?? []
        renameParameters = Dictionary(object.texts("rename_parameters").map { ($0.name, $0.text) }) { $1 }
        setParameters = object.values("set_parameters")
        setWithTools = object.values("set_with_tools")
        strictMessages = object.read(Bool.self, "strict_messages") ?? false
        flatContent = object.read(Bool.self, "flat_content") ?? false
        nullContentAsEmpty = object.read(Bool.self, "null_content_as_empty") ?? false
        dropSchemaKeys = object.read([String].self, "drop_schema_keys") ?? []
        defaultMaxTokens = object.count("default_max_tokens")
        minMaxTokens = object.count("min_max_tokens")
        jsonObjectAsSchema = object.read(Bool.self, "json_object_as_schema") ?? false
        noStreaming = object.read(Bool.self, "no_streaming") ?? false
        reasoningEfforts = object.read([String].self, "reasoning_efforts") ?? []
        transientBodies = object.read([String].self, "transient_bodies") ?? []
        deadAnswers = object.read([String].self, "dead_answers") ?? []
        webSearch = WebSearch(object.object("web_search"))
        object.finish()
    }
}

extension Quirks.WebSearch {
    init(_ object: ObjectReader) {
        var object = object
        set = object.values("set")
        tools = (object.value("tools")?.array ?? []).map(JSONWriter.compact)
        object.finish()
    }
}

extension ObjectReader {
    /// The members of an object, their values as JSON text.
    mutating func values(_ name: String) -> [String: String] {
        Dictionary(object(name).members.map { ($0.key, JSONWriter.compact($0.value)) }) { $1 }
    }
}

extension ProviderTimeouts {
    init(_ object: ObjectReader) {
        var object = object
        connect = object.seconds("connect_seconds")
        firstByte = object.seconds("first_byte_seconds")
        streamIdle = object.seconds("stream_idle_seconds")
        total = object.seconds("total_seconds")
        object.finish()
    }
}
