import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What starting leaves behind in memory.
enum ProgramMemory {
    /// Starting runs through most of the program once, and all that it ran through stays resident: two thirds of what
    /// Relay holds when idle. What serving needs of it comes back page by page, from the system's cache of the file.
    ///
    /// Only program text is let go, which nobody writes to; without a list of mappings nothing is.
    static func releaseText() {
        #if os(Linux)
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
        for range in textRanges(of: maps) {
            _ = madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
        #endif
    }

    /// The ranges of `/proc/self/maps` that are text of a file: readable, executable, never written.
    static func textRanges(of maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n")
            .compactMap { line in
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { return nil }
                let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
                return bounds[0]..<bounds[1]
            }
    }
}
