package import NIOCore

/// JSON that somebody else wrote, on one line. In an event's `data` a line's end would end the field; between the tokens of
/// JSON it means nothing, and inside a string it does not stand as itself.
extension ByteBuffer {
    package mutating func writeOneLine(_ json: UnsafeRawBufferPointer) {
        var start = 0
        while let end = SSEReader.lineEnd(json, from: start) {
            writeBytes(UnsafeRawBufferPointer(rebasing: json[start..<end]))
            start = end + 1
        }
        writeBytes(UnsafeRawBufferPointer(rebasing: json[start...]))
    }

    /// This document without its line ends; itself where it has none.
    package var onOneLine: ByteBuffer {
        withUnsafeReadableBytes { bytes in
            guard SSEReader.lineEnd(bytes, from: 0) != nil else { return self }
            var line = ByteBufferAllocator().buffer(capacity: bytes.count)
            line.writeOneLine(bytes)
            return line
        }
    }
}
