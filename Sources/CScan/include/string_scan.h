/// JSON string content, 64 bytes at a time: one pass over quotes, escapes, control characters and UTF-8.
///
/// In C, since Swift has no functions that are compiled for several processors at once. Everything else of the scanner, and
/// what is to be said of a fault, is Swift's (`JSONScanner`).

#ifndef STRING_SCAN_H
#define STRING_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a processor may have of wide registers; each one includes those before it.
typedef enum {
    SCAN_ANY = 0,
    /// 32 bytes: AVX2.
    SCAN_32 = 1,
    /// 64 bytes: AVX-512 with VBMI, where using it costs the processor nothing of its clock.
    SCAN_64 = 2,
} scan_width;

/// The widest that serves on this processor.
scan_width scan_widest(void);

/// Passes over content of a JSON string in which nothing is wrong.
///
/// - bytes: from a place between two characters on, behind no backslash that would escape the first of them.
/// - count: how many may be read; what is left of fewer than 64 is not looked at.
/// - has_escapes: set where an escape was passed, else left.
///
/// Returns how many bytes were passed: up to the closing quote, or to a block that holds a control character, a wrong escape, bytes
/// that are no UTF-8 or, on processors without wide registers, the quote, and back from there to a place like the first.
size_t scan_string(const uint8_t *bytes, size_t count, bool *has_escapes);

/// The same by a width that this processor has.
size_t scan_string_by(scan_width width, const uint8_t *bytes, size_t count, bool *has_escapes);

#endif
