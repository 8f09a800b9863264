import Clients
import NIOCore

/// What one event loop has to itself: its upstream connections and the clocks that its model calls go by.
final class LoopServices {
    let loop: any EventLoop
    let pool: UpstreamPool
    let ticker: Ticker
    let cadence: StreamCadence
    var writes: WriteBatch { pool.writes }
    var buffers: BufferRing { pool.buffers }

    init(loop: any EventLoop, names: NameResolver, connectTimeout: Duration) {
        self.loop = loop
        pool = UpstreamPool(loop: loop, names: names, connectTimeout: connectTimeout)
        ticker = Ticker(loop: loop)
        cadence = StreamCadence(loop: loop)
    }
}
