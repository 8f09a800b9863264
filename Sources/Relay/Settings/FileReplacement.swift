import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Puts a new text in a file's place, all at once and with the permissions that it had: it may hold secrets.
enum FileReplacement {
    struct Fault: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    static func replace(_ path: String, with text: String) throws(Fault) {
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0o600
        let new = path + ".new"
        unlink(new)
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fault(path) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard written > 0 else { break }
            bytes = bytes.dropFirst(written)
        }
        let isWhole = bytes.isEmpty && fchmod(file, mode) == 0 && fsync(file) == 0
        close(file)
        guard isWhole, rename(new, path) == 0 else {
            let fault = fault(path)
            unlink(new)
            throw fault
        }
    }

    private static func fault(_ path: String) -> Fault {
        Fault(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
