/// Where the index of a session's history is found and left. It saves time and changes no plan.
package struct HistoryMemory: Sendable {
    package let cache: HistoryIndexCache
    package let session: HistoryIndexCache.Session

    package init(cache: HistoryIndexCache, session: HistoryIndexCache.Session) {
        self.cache = cache
        self.session = session
    }
}
