#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Standard output and error, written at once: what a command says while it works is seen while it works, in a pipe too.
enum Terminal {
    static func say(_ line: String = "") { write(line + "\n", to: 1) }

    static func complain(_ line: String) { write(line + "\n", to: 2) }

    /// A secret: asked for without showing it on a terminal, else all of standard input up to a line's end. It is never
    /// an argument, which every user of the machine could read.
    static func secret(_ prompt: String) -> String {
        if isatty(0) == 1 {
            guard let text = getpass(prompt) else { return "" }
            return String(cString: text)
        }
        return readLine(strippingNewline: true) ?? ""
    }

    /// Asks on a terminal; elsewhere nobody agrees.
    static func agrees(_ question: String) -> Bool {
        guard isatty(0) == 1 else { return false }
        write("\(question) [y/N] ", to: 1)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                Musl.write(descriptor, buffer.baseAddress, buffer.count)
                #else
                Darwin.write(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
