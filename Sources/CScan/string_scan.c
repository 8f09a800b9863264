#include "string_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint8_t block __attribute__((ext_vector_type(64)));
typedef bool lanes __attribute__((ext_vector_type(64)));

/// A bit for each byte of a block, the first the lowest.
typedef uint64_t bits;

#define INLINE static inline __attribute__((always_inline))

/// What a comparison found: all ones for each byte of which it is true.
#define BITS(comparison) __builtin_bit_cast(bits, __builtin_convertvector((comparison), lanes))

/// What a block leaves to the next one.
typedef struct {
    /// The first byte is escaped.
    bits escaped;
    /// Bytes that must be hexadecimal digits.
    bits hex;
    /// Bytes that must continue a character.
    bits continued;
} carry;

/// Which bytes are escaped. In a run of backslashes every second one, counted from its start, escapes what is behind it:
/// subtracting those that may do so from all odd places lets each run borrow from itself up to the byte behind it, which
/// then tells by its place whether the run's length was odd.
INLINE bits escaped_bytes(bits backslashes, carry *state) {
    const bits odd = 0xAAAAAAAAAAAAAAAA;
    bits may_escape = backslashes & ~state->escaped;
    bits escapes_and_ends = ((may_escape << 1 | odd) - may_escape) ^ odd;
    bits escaped = escapes_and_ends ^ (backslashes | state->escaped);
    state->escaped = (escapes_and_ends & backslashes) >> 63;
    return escaped;
}

/// Which bytes must be the four hexadecimal digits behind a `u`: those at four places behind each, by one multiplication. Where
/// two stand so close that their places would add up, the first has the other's backslash among its digits.
INLINE bits hex_bytes(bits unicode, carry *state) {
    unsigned __int128 places = (unsigned __int128)unicode * 30;
    bits hex = (bits)places | state->hex;
    state->hex = (bits)(places >> 64);
    return hex;
}

/// Whether every escape is one of JSON's, and four hexadecimal digits follow each `u`.
INLINE bool escapes_are_good(const block *bytes, bits escaped, bits quotes, bits backslashes, carry *state) {
    block v = *bytes;
    block letters = (block)(v == 'b') | (block)(v == 'f') | (block)(v == 'n') | (block)(v == 'r') | (block)(v == 't')
        | (block)(v == '/');
    bits unicode = BITS(v == 'u') & escaped;
    if (escaped & ~(BITS(letters != 0) | quotes | backslashes | unicode)) return false;
    if (!(unicode | state->hex)) return true;
    return !(hex_bytes(unicode, state) & ~BITS((block)((v - '0') < 10) | (block)(((v | 0x20) - 'a') < 6)));
}

/// Whether a first byte allows only some of the continuations, or is none of UTF-8's.
INLINE bool is_narrow(uint8_t byte) { return byte == 0xE0 || byte == 0xED || byte >= 0xF0; }

/// Never true of bytes that must continue a character: no more than three can.
static const bits not_utf8 = ~(bits)0;

/// Which bytes of the next block must continue a character, where this one goes on with UTF-8 (RFC 3629), else `not_utf8`: each first
/// byte has as many others behind it as it announces, and none that would make a form too long, a surrogate, or a character beyond
/// U+10FFFF.
///
/// - high: which of its bytes are not ASCII.
/// - continued: which of its bytes must continue a character.
/// - last: the byte before it, after some of which not every continuation is allowed.
INLINE bits read_utf8(const uint8_t *bytes, bits high, bits continued, uint8_t last) {
    block v;
    memcpy(&v, bytes, 64);
    bits second = BITS((v & 0x40) != 0);
    bits third = BITS((v & 0x20) != 0);
    bits fourth = BITS((v & 0x10) != 0);
    bits first = high & second;
    bits of_three = first & third;
    bits of_four = of_three & fourth;
    if ((first << 1 | of_three << 2 | of_four << 3 | continued) != (high & ~second)) return not_utf8;
    bits next = first >> 63 | of_three >> 62 | of_four >> 61;
    block narrow = (block)(v == 0xE0) | (block)(v == 0xED) | (block)((v & 0xFE) == 0xC0) | (block)(v >= 0xF0);
    if (!(BITS(narrow != 0) & high) && !is_narrow(last)) return next;
    // E0 and F0 would be too long with a low second byte, ED a surrogate and F4 too great with a high one.
    bits after_e0 = BITS(v == 0xE0) << 1 | (last == 0xE0);
    bits after_ed = BITS(v == 0xED) << 1 | (last == 0xED);
    bits after_f0 = BITS(v == 0xF0) << 1 | (last == 0xF0);
    bits after_f4 = BITS(v == 0xF4) << 1 | (last == 0xF4);
    bits wrong = BITS((v & 0xFE) == 0xC0) | BITS(v > 0xF4) | (after_e0 & ~third) | (after_ed & third)
        | (after_f0 & ~third & ~fourth) | (after_f4 & (third | fourth));
    return wrong & high ? not_utf8 : next;
}

INLINE uint8_t byte_before(const uint8_t *bytes, size_t place) { return place ? bytes[place - 1] : 0; }

/// Back from `end` to where neither an escape nor a character is cut in two.
INLINE size_t whole(const uint8_t *bytes, size_t end, const carry *state) {
    if (state->escaped) return end - 1;
    if (state->hex) {
        while (bytes[end - 1] != 'u') end -= 1;
        return end - 2;
    }
    if (state->continued) {
        while ((bytes[end - 1] & 0xC0) == 0x80) end -= 1;
        return end - 1;
    }
    return end;
}

INLINE size_t scan(const uint8_t *bytes, size_t count, bool *has_escapes) {
    carry state = {0};
    size_t place = 0;
    bits escapes = 0;
    for (; place + 64 <= count; place += 64) {
        carry next = state;
        block v;
        memcpy(&v, bytes + place, 64);
        bits quotes = BITS(v == '"');
        bits backslashes = BITS(v == '\\');
        bits controls = BITS(v < 0x20);
        bits high = BITS(v >= 0x80);
        bits escaped = escaped_bytes(backslashes, &next);
        if (controls | (quotes & ~escaped)) break;
        if ((escaped | next.hex) && !escapes_are_good(&v, escaped, quotes, backslashes, &next)) break;
        if (high | next.continued) {
            next.continued = read_utf8(bytes + place, high, next.continued, byte_before(bytes, place));
            if (next.continued == not_utf8) break;
        }
        escapes |= backslashes;
        state = next;
    }
    if (escapes) *has_escapes = true;
    return whole(bytes, place, &state);
}

// The same for each kind of processor.

static size_t scan_any(const uint8_t *bytes, size_t count, bool *has_escapes) { return scan(bytes, count, has_escapes); }

#if defined(__x86_64__)

/// What is seen of a block, a bit for each byte.
typedef struct {
    /// Not ASCII.
    bits high;
    bits backslashes;
    /// Must be a hexadecimal digit.
    bits hex;
    /// May not stand there: a quote or a control character; behind a backslash what JSON does not escape, behind a `u` what is no
    /// hexadecimal digit.
    bits wrong;
} seen;

/// How a processor looks at blocks.
typedef struct {
    seen (*block)(const uint8_t *bytes, carry *state);
    /// By itself, so that the loop around it has the registers.
    bits (*read_utf8)(const uint8_t *bytes, bits high, bits continued, uint8_t last);
} look;

/// What is passed of a block in which something is wrong, where that is the closing quote; else nothing.
INLINE size_t to_quote(look look, const uint8_t *bytes, size_t place, seen seen, bits continued, bits *escapes) {
    int length = __builtin_ctzll(seen.wrong);
    if (bytes[place + length] != '"' || seen.hex >> length & 1) return 0;
    bits before = ((bits)1 << length) - 1;
    if ((seen.high & before) | continued) {
        bits next = look.read_utf8(bytes + place, seen.high & before, continued, byte_before(bytes, place));
        if (next == not_utf8) return 0;
    }
    *escapes |= seen.backslashes & before;
    return length;
}

/// Where a table tells what each byte is, escapes are looked at in every block: a branch around them would be guessed wrong too
/// often.
INLINE size_t scan_seen(look look, const uint8_t *bytes, size_t count, bool *has_escapes) {
    carry state = {0};
    size_t place = 0, length = 0;
    bits escapes = 0;
    for (; place + 64 <= count; place += 64) {
        carry next = state;
        seen seen = look.block(bytes + place, &next);
        if (seen.wrong) {
            length = to_quote(look, bytes, place, seen, state.continued, &escapes);
            break;
        }
        if (seen.high | next.continued) {
            next.continued = look.read_utf8(bytes + place, seen.high, next.continued, byte_before(bytes, place));
            if (next.continued == not_utf8) break;
        }
        escapes |= seen.backslashes;
        state = next;
    }
    if (escapes) *has_escapes = true;
    return length ? place + length : whole(bytes, place, &state);
}

#define AVX2 __attribute__((target("avx2,bmi")))

/// By the halves of each byte: what both say it may be it is. A byte that is not ASCII is nothing.
AVX2 static inline seen look_32(const uint8_t *bytes, carry *state) {
    // `MARK` is a quote or a slash, `BFN` and `RT` are those letters, `LETTER` is one of the hexadecimal digits.
    enum { CONTROL = 1, MARK = 2, BACKSLASH = 4, BFN = 8, RT = 16, U = 32, DIGIT = 64, LETTER = 128 };
    static const uint8_t low_half[16] = {
        CONTROL | DIGIT, CONTROL | DIGIT | LETTER, CONTROL | DIGIT | LETTER | MARK | BFN | RT, CONTROL | DIGIT | LETTER,
        CONTROL | DIGIT | LETTER | RT, CONTROL | DIGIT | LETTER | U, CONTROL | DIGIT | LETTER | BFN, CONTROL | DIGIT,
        CONTROL | DIGIT, CONTROL | DIGIT, CONTROL, CONTROL, CONTROL | BACKSLASH, CONTROL, CONTROL | BFN, CONTROL | MARK,
    };
    static const uint8_t high_half[16] = {
        CONTROL, CONTROL, MARK, DIGIT, LETTER, BACKSLASH, LETTER | BFN, RT | U,
    };
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)low_half));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)high_half));
    bits high_bytes = 0, backslashes = 0, unicode = 0, stops = 0, escapable = 0, digits = 0;
    for (int half = 0; half < 2; half++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(bytes + half * 32));
        __m256i kind = _mm256_and_si256(
            _mm256_shuffle_epi8(low, v),
            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15)))
        );
        __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
#define BIT_OF(vector) ((bits)(uint32_t)_mm256_movemask_epi8(vector) << half * 32)
#define IS_ANY(of) ~_mm256_cmpeq_epi8(_mm256_and_si256(kind, _mm256_set1_epi8((char)(of))), _mm256_setzero_si256())
        high_bytes |= BIT_OF(v);
        backslashes |= BIT_OF(_mm256_slli_epi16(kind, 5));
        unicode |= BIT_OF(_mm256_slli_epi16(kind, 2));
        stops |= BIT_OF(_mm256_or_si256(quote, _mm256_slli_epi16(kind, 7)));
        escapable |= BIT_OF(IS_ANY(MARK | BACKSLASH | BFN | RT | U));
        digits |= BIT_OF(IS_ANY(DIGIT | LETTER));
#undef BIT_OF
#undef IS_ANY
    }
    bits escaped = escaped_bytes(backslashes, state);
    bits hex = hex_bytes(unicode & escaped, state);
    bits wrong = (stops & ~escaped) | (escaped & ~escapable) | (hex & ~digits);
    return (seen){.high = high_bytes, .backslashes = backslashes, .hex = hex, .wrong = wrong};
}

AVX2 static __attribute__((noinline)) bits read_utf8_32(const uint8_t *bytes, bits high, bits continued, uint8_t last) {
    return read_utf8(bytes, high, continued, last);
}

AVX2 static size_t scan_32(const uint8_t *bytes, size_t count, bool *has_escapes) {
    return scan_seen((look){look_32, read_utf8_32}, bytes, count, has_escapes);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,bmi,bmi2")))

/// By a table of all ASCII bytes, which says where each may not stand; what a byte's place is selects which of that counts.
AVX512 static inline seen look_64(const uint8_t *bytes, carry *state) {
    enum { AS_IT_IS = 1, ESCAPED = 2, AS_DIGIT = 4, CONTROL = AS_IT_IS | ESCAPED | AS_DIGIT, OTHER = ESCAPED | AS_DIGIT };
    static const uint8_t table[128] = {
        [0x00 ... 0x1F] = CONTROL, [' ' ... '!'] = OTHER, ['"'] = AS_IT_IS | AS_DIGIT, ['#' ... '.'] = OTHER, ['/'] = AS_DIGIT,
        ['0' ... '9'] = ESCAPED, [':' ... '@'] = OTHER, ['A' ... 'F'] = ESCAPED, ['G' ... '['] = OTHER, ['\\'] = AS_DIGIT,
        [']' ... '`'] = OTHER, ['a'] = ESCAPED, ['c' ... 'e'] = ESCAPED, ['g' ... 'm'] = OTHER, ['n'] = AS_DIGIT,
        ['o' ... 'q'] = OTHER, ['r'] = AS_DIGIT, ['s'] = OTHER, ['t' ... 'u'] = AS_DIGIT, ['v' ... 0x7F] = OTHER,
    };
    const __m512i low = _mm512_loadu_si512(table), upper = _mm512_loadu_si512(table + 64);
    __m512i v = _mm512_loadu_si512(bytes);
    bits high = _mm512_movepi8_mask(v);
    bits backslashes = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
    bits unicode = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('u'));
    __m512i faults = _mm512_maskz_permutex2var_epi8(~high, low, v, upper);
    bits escaped = escaped_bytes(backslashes, state);
    bits hex = hex_bytes(unicode & escaped, state);
    __m512i counts = _mm512_mask_mov_epi8(_mm512_set1_epi8(AS_IT_IS), escaped, _mm512_set1_epi8(ESCAPED));
    counts = _mm512_mask_mov_epi8(counts, hex, _mm512_set1_epi8(AS_DIGIT));
    bits wrong = _mm512_test_epi8_mask(faults, counts) | (high & (escaped | hex));
    return (seen){.high = high, .backslashes = backslashes, .hex = hex, .wrong = wrong};
}

AVX512 static __attribute__((noinline)) bits read_utf8_64(const uint8_t *bytes, bits high, bits continued, uint8_t last) {
    return read_utf8(bytes, high, continued, last);
}

AVX512 static size_t scan_64(const uint8_t *bytes, size_t count, bool *has_escapes) {
    return scan_seen((look){look_64, read_utf8_64}, bytes, count, has_escapes);
}

#endif

scan_width scan_widest(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool has_32 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    bool has_64 = has_32 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
    // The first processors with registers of 64 bytes lower their clock when these are used; those with VBMI2 do not.
    if (has_64 && __builtin_cpu_supports("avx512vbmi2")) return SCAN_64;
    if (has_32) return SCAN_32;
#endif
    return SCAN_ANY;
}

size_t scan_string_by(scan_width width, const uint8_t *bytes, size_t count, bool *has_escapes) {
    switch (width) {
#if defined(__x86_64__)
    case SCAN_64: return scan_64(bytes, count, has_escapes);
    case SCAN_32: return scan_32(bytes, count, has_escapes);
#endif
    default: return scan_any(bytes, count, has_escapes);
    }
}

static scan_width widest;

__attribute__((constructor)) static void find_widest(void) { widest = scan_widest(); }

size_t scan_string(const uint8_t *bytes, size_t count, bool *has_escapes) {
    return scan_string_by(widest, bytes, count, has_escapes);
}
