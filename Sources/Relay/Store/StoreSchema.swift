import GRDB

/// The tables of the database, by version. A step that has been released is never changed; a new one is added.
enum StoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (name, sql) in steps {
            migrator.registerMigration(name) { try $0.execute(sql: sql) }
        }
        return migrator
    }

    private static let steps = [
        ("1 keys and clients", keysAndClients), ("1 state", state), ("1 responses", responses), ("1 usage", usage),
        ("2 catalog", catalog), ("2 admin", adminSessions), ("2 experience", experience), ("2 days", days),
    ]

    /// Times are seconds since 1970. `fingerprint` tells a key from others and gives nothing of it away.
    private static let keysAndClients = """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

        CREATE TABLE keys (
            id INTEGER PRIMARY KEY,
            provider TEXT NOT NULL COLLATE NOCASE,
            label TEXT NOT NULL,
            sealed BLOB NOT NULL,
            fingerprint TEXT NOT NULL,
            is_enabled INTEGER NOT NULL DEFAULT 1,
            created_at REAL NOT NULL,
            UNIQUE (provider, fingerprint),
            UNIQUE (provider, label)
        );

        CREATE TABLE clients (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            digest BLOB NOT NULL UNIQUE,
            created_at REAL NOT NULL,
            expires_at REAL,
            revoked_at REAL,
            requests_per_minute INTEGER,
            requests_per_day INTEGER,
            tokens_per_minute INTEGER,
            tokens_per_day INTEGER,
            models TEXT,
            providers TEXT
        );
        """

    /// What an account knew (`AccountMemory` as JSON) and which sessions were pinned where.
    private static let state = """
        CREATE TABLE accounts (
            provider TEXT NOT NULL COLLATE NOCASE,
            fingerprint TEXT NOT NULL,
            memory TEXT NOT NULL,
            PRIMARY KEY (provider, fingerprint)
        ) WITHOUT ROWID;

        CREATE TABLE pins (
            high INTEGER NOT NULL,
            low INTEGER NOT NULL,
            route TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            used_at REAL NOT NULL,
            PRIMARY KEY (high, low)
        ) WITHOUT ROWID;
        """

    /// Responses that clients may come back to, each visible to the client that made it.
    private static let responses = """
        CREATE TABLE responses (
            client TEXT NOT NULL,
            id TEXT NOT NULL,
            response BLOB NOT NULL,
            output_from INTEGER NOT NULL,
            output_to INTEGER NOT NULL,
            input BLOB NOT NULL,
            previous TEXT,
            PRIMARY KEY (client, id)
        );
        """

    /// The ledger, a row per request, and its roll-up by hour, which outlives the rows.
    private static let usage = """
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            request_id TEXT NOT NULL,
            wire TEXT NOT NULL,
            status INTEGER NOT NULL,
            provider TEXT,
            model TEXT,
            key TEXT,
            client TEXT,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            latency_ms REAL NOT NULL,
            first_token_ms REAL,
            attempts INTEGER NOT NULL,
            trail TEXT,
            context TEXT,
            changes TEXT
        );
        CREATE INDEX requests_by_time ON requests (at);

        CREATE TABLE usage_hours (
            hour INTEGER NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            key TEXT NOT NULL,
            client TEXT NOT NULL,
            requests INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            latency_ms REAL NOT NULL,
            PRIMARY KEY (hour, provider, model, key, client)
        ) WITHOUT ROWID;
        """

    /// What differs from the catalog's file (`ProviderChange`, `ModelChange` as JSON).
    private static let catalog = """
        CREATE TABLE catalog_providers (
            provider TEXT PRIMARY KEY COLLATE NOCASE,
            change TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE catalog_models (
            provider TEXT NOT NULL COLLATE NOCASE,
            model TEXT NOT NULL,
            change TEXT NOT NULL,
            PRIMARY KEY (provider, model)
        ) WITHOUT ROWID;
        """

    /// Who is signed in to the admin API: digests of tokens, never a token.
    private static let adminSessions = """
        CREATE TABLE admin_sessions (
            digest BLOB PRIMARY KEY,
            expires_at REAL NOT NULL
        ) WITHOUT ROWID;
        """

    /// What a model's answers have taught (`RouteExperience.Memory` as JSON).
    private static let experience = """
        CREATE TABLE experience (
            provider TEXT NOT NULL COLLATE NOCASE,
            model TEXT NOT NULL,
            memory TEXT NOT NULL,
            PRIMARY KEY (provider, model)
        ) WITHOUT ROWID;
        """

    /// Hours that are long past, summed up by day; `usage_sums` is both, a day standing for its first hour.
    private static let days = """
        CREATE TABLE usage_days (
            day INTEGER NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            key TEXT NOT NULL,
            client TEXT NOT NULL,
            requests INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            latency_ms REAL NOT NULL,
            PRIMARY KEY (day, provider, model, key, client)
        ) WITHOUT ROWID;

        CREATE VIEW usage_sums AS
            SELECT hour, provider, model, key, client, requests, failures, prompt_tokens, completion_tokens, latency_ms
            FROM usage_hours
            UNION ALL
            SELECT day * 24, provider, model, key, client, requests, failures, prompt_tokens, completion_tokens,
                latency_ms
            FROM usage_days;
        """
}
