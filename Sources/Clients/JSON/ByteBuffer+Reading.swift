package import NIOCore

extension ByteBuffer {
    /// Reads the bytes where they lie; what `read` throws keeps its type.
    package func reading<Value, Fault: Error>(
        _ read: (UnsafeRawBufferPointer) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        let result: Result<Value, Fault> = withUnsafeReadableBytes { bytes in
            do throws(Fault) { return .success(try read(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
