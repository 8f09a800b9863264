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
    /// Its last byte: after some not every continuation is allowed.
    uint8_t last;
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

/// Which bytes must be the four hexadecimal digits behind a `u`.
INLINE bits hex_bytes(bits unicode, carry *state) {
    bits hex = unicode << 1 | unicode << 2;
    hex |= hex << 2 | state->hex;
    bits cut = unicode >> 60;
    cut |= cut >> 1;
    state->hex = cut | cut >> 2;
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

/// Whether the block goes on with UTF-8 (RFC 3629): each first byte with as many others behind it as it announces, and none
/// that would make a form too long, a surrogate, or a character beyond U+10FFFF.
INLINE bool is_utf8(const block *bytes, bits high, carry *state) {
    block v = *bytes;
    bits second = BITS((v & 0x40) != 0);
    bits third = BITS((v & 0x20) != 0);
    bits fourth = BITS((v & 0x10) != 0);
    bits first = high & second;
    bits of_three = first & third;
    bits of_four = of_three & fourth;
    bits continued = first << 1 | of_three << 2 | of_four << 3 | state->continued;
    state->continued = first >> 63 | of_three >> 62 | of_four >> 61;
    if (continued != (high & ~second)) return false;
    block narrow = (block)(v == 0xE0) | (block)(v == 0xED) | (block)((v & 0xFE) == 0xC0) | (block)(v >= 0xF0);
    uint8_t last = state->last;
    if (!BITS(narrow != 0) && !is_narrow(last)) return true;
    // E0 and F0 would be too long with a low second byte, ED a surrogate and F4 too great with a high one.
    bits after_e0 = BITS(v == 0xE0) << 1 | (last == 0xE0);
    bits after_ed = BITS(v == 0xED) << 1 | (last == 0xED);
    bits after_f0 = BITS(v == 0xF0) << 1 | (last == 0xF0);
    bits after_f4 = BITS(v == 0xF4) << 1 | (last == 0xF4);
    bits wrong = BITS((v & 0xFE) == 0xC0) | BITS(v > 0xF4) | (after_e0 & ~third) | (after_ed & third)
        | (after_f0 & ~third & ~fourth) | (after_f4 & (third | fourth));
    return wrong == 0;
}

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
        if ((high | next.continued) && !is_utf8(&v, high, &next)) break;
        next.last = bytes[place + 63];
        escapes |= backslashes;
        state = next;
    }
    if (escapes) *has_escapes = true;
    return whole(bytes, place, &state);
}

// The same for each kind of processor.

static size_t scan_any(const uint8_t *bytes, size_t count, bool *has_escapes) { return scan(bytes, count, has_escapes); }

#if defined(__x86_64__)

/// What a table tells of a block, a bit for each byte.
typedef struct {
    /// Not ASCII.
    bits high;
    bits backslashes;
    /// The `u` of an escape, if it is escaped.
    bits unicode;
    /// Quotes and control characters.
    bits stops;
    /// May stand behind a backslash.
    bits escapable;
    /// Hexadecimal digits.
    bits hex;
} kinds;

/// What is passed up to a block in which something is wrong, and of it, where that is the closing quote.
static __attribute__((noinline)) size_t to_quote(
    const uint8_t *bytes, size_t place, kinds are, bits escapes, const carry *state, bool *has_escapes
) {
    carry next = *state;
    bits escaped = escaped_bytes(are.backslashes, &next);
    bits hex = hex_bytes(are.unicode & escaped, &next);
    bits ends = are.stops & ~escaped & ~hex;
    int length = __builtin_ctzll((are.stops & ~escaped) | (escaped & ~are.escapable) | (hex & ~are.hex));
    bits before = ((bits)1 << length) - 1;
    bool is_sound = ends >> length & 1 && bytes[place + length] == '"';
    if (is_sound && ((are.high & before) | next.continued)) {
        block v = 0;
        memcpy(&v, bytes + place, length);
        is_sound = is_utf8(&v, are.high & before, &next);
    }
    if (escapes | (is_sound ? are.backslashes & before : 0)) *has_escapes = true;
    return is_sound ? place + length : whole(bytes, place, state);
}

/// Where a table tells what each byte is, escapes are looked at in every block: a branch around them would be guessed wrong too
/// often.
INLINE size_t scan_kinds(const uint8_t *bytes, size_t count, bool *has_escapes, kinds (*kinds_of)(const uint8_t *)) {
    carry state = {0};
    size_t place = 0;
    bits escapes = 0;
    for (; place + 64 <= count; place += 64) {
        carry next = state;
        kinds are = kinds_of(bytes + place);
        bits escaped = escaped_bytes(are.backslashes, &next);
        bits hex = hex_bytes(are.unicode & escaped, &next);
        if ((are.stops & ~escaped) | (escaped & ~are.escapable) | (hex & ~are.hex)) {
            return to_quote(bytes, place, are, escapes, &state, has_escapes);
        }
        if (are.high | next.continued) {
            block v;
            memcpy(&v, bytes + place, 64);
            if (!is_utf8(&v, are.high, &next)) break;
        }
        next.last = bytes[place + 63];
        escapes |= are.backslashes;
        state = next;
    }
    if (escapes) *has_escapes = true;
    return whole(bytes, place, &state);
}

#define AVX2 __attribute__((target("avx2,bmi")))

/// By the halves of each byte: what both say it may be it is. A byte that is not ASCII is nothing.
AVX2 static inline kinds kinds_32(const uint8_t *bytes) {
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
    kinds are = {0};
    for (int half = 0; half < 2; half++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(bytes + half * 32));
        __m256i kind = _mm256_and_si256(
            _mm256_shuffle_epi8(low, v),
            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15)))
        );
        __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
#define BIT_OF(vector) ((bits)(uint32_t)_mm256_movemask_epi8(vector) << half * 32)
#define IS_ANY(of) ~_mm256_cmpeq_epi8(_mm256_and_si256(kind, _mm256_set1_epi8((char)(of))), _mm256_setzero_si256())
        are.high |= BIT_OF(v);
        are.backslashes |= BIT_OF(_mm256_slli_epi16(kind, 5));
        are.unicode |= BIT_OF(_mm256_slli_epi16(kind, 2));
        are.stops |= BIT_OF(_mm256_or_si256(quote, _mm256_slli_epi16(kind, 7)));
        are.escapable |= BIT_OF(IS_ANY(MARK | BACKSLASH | BFN | RT | U));
        are.hex |= BIT_OF(IS_ANY(DIGIT | LETTER));
#undef BIT_OF
#undef IS_ANY
    }
    return are;
}

AVX2 static size_t scan_32(const uint8_t *bytes, size_t count, bool *has_escapes) {
    return scan_kinds(bytes, count, has_escapes, kinds_32);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,bmi")))

/// By a table of all ASCII bytes.
AVX512 static inline kinds kinds_64(const uint8_t *bytes) {
    enum { QUOTE = 1, BACKSLASH = 2, CONTROL = 4, ESCAPED = 8, UNICODE = 16, HEX = 32 };
    static const uint8_t table[128] = {
        [0x00 ... 0x1F] = CONTROL, ['"'] = QUOTE | ESCAPED, ['\\'] = BACKSLASH | ESCAPED, ['/'] = ESCAPED,
        ['0' ... '9'] = HEX, ['A' ... 'F'] = HEX, ['a'] = HEX, ['b'] = HEX | ESCAPED, ['c' ... 'e'] = HEX,
        ['f'] = HEX | ESCAPED, ['n'] = ESCAPED, ['r'] = ESCAPED, ['t'] = ESCAPED, ['u'] = UNICODE | ESCAPED,
    };
    const __m512i low = _mm512_loadu_si512(table), upper = _mm512_loadu_si512(table + 64);
    __m512i v = _mm512_loadu_si512(bytes);
    bits high = _mm512_movepi8_mask(v);
    __m512i kind = _mm512_maskz_permutex2var_epi8(~high, low, v, upper);
#define ARE(of) _mm512_test_epi8_mask(kind, _mm512_set1_epi8(of))
    return (kinds){
        .high = high, .backslashes = ARE(BACKSLASH), .unicode = ARE(UNICODE), .stops = ARE(QUOTE | CONTROL),
        .escapable = ARE(ESCAPED), .hex = ARE(HEX),
    };
#undef ARE
}

AVX512 static size_t scan_64(const uint8_t *bytes, size_t count, bool *has_escapes) {
    return scan_kinds(bytes, count, has_escapes, kinds_64);
}

#endif

scan_width scan_widest(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool has_32 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    bool has_64 = has_32 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vbmi");
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
