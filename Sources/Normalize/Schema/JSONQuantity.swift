/// The value of a JSON number, to the digit where it has few enough of them: `0.10` is `0.1`, `1e2` is `100`.
struct JSONQuantity: Sendable {
    let double: Double
    /// `digits × 10^exponent` without a zero at the end; `nil` beyond eighteen digits.
    private let digits: Int64?
    private let exponent: Int

    init(_ text: ArraySlice<UInt8>) {
        double = Double(String(decoding: text, as: UTF8.self)) ?? .nan
        var digits: Int64 = 0
        var exponent = 0
        var isExact = true
        var isFraction = false
        var index = text.startIndex
        while index < text.endIndex, text[index] | 0x20 != 0x65 {
            if text[index] == .dot { isFraction = true }
            if text[index].isDigit {
                if digits >= 100_000_000_000_000_000 {
                    isExact = false
                } else {
                    digits = digits * 10 + Int64(text[index] - 0x30)
                }
                if isFraction { exponent -= 1 }
            }
            index += 1
        }
        if index < text.endIndex {
            let power = Int(String(decoding: text[(index + 1)...], as: UTF8.self))
            if let power, abs(power) < 10_000 { exponent += power } else { isExact = false }
        }
        while digits != 0, digits.isMultiple(of: 10) {
            digits /= 10
            exponent += 1
        }
        if text.first == 0x2D { digits = -digits }
        self.digits = isExact ? digits : nil
        self.exponent = digits == 0 ? 0 : exponent
    }

    var isInteger: Bool {
        if digits != nil { return exponent >= 0 }
        return double.rounded(.towardZero) == double
    }

    /// Whether it is a whole number of times the other; true where neither digits nor doubles can say.
    func isMultiple(of other: JSONQuantity) -> Bool {
        if let digits, let divisor = other.digits, divisor != 0 {
            if digits == 0 { return true }
            // 19.99 and 0.01: brought to the same power of ten, both are whole numbers.
            let shift = exponent - other.exponent
            guard abs(shift) < 18 else { return shift > 0 }
            let scale = (0..<abs(shift)).reduce(Int64(1)) { power, _ in power * 10 }
            if shift < 0 {
                let (scaled, overflow) = divisor.multipliedReportingOverflow(by: scale)
                return !overflow && digits.isMultiple(of: scaled)
            }
            let (high, low) = digits.magnitude.multipliedFullWidth(by: scale.magnitude)
            guard high < divisor.magnitude else { return true }
            return divisor.magnitude.dividingFullWidth((high, low)).remainder == 0
        }
        guard other.double != 0, double.isFinite else { return true }
        let quotient = double / other.double
        return abs(quotient) > 1e15 || abs(quotient - quotient.rounded()) < 1e-9
    }
}

extension JSONQuantity: Comparable {
    static func == (one: JSONQuantity, other: JSONQuantity) -> Bool {
        if let digits = one.digits, let others = other.digits {
            return digits == others && one.exponent == other.exponent
        }
        return one.double == other.double
    }

    static func < (one: JSONQuantity, other: JSONQuantity) -> Bool {
        if let digits = one.digits, let others = other.digits, one.exponent == other.exponent { return digits < others }
        return one.double < other.double
    }
}
