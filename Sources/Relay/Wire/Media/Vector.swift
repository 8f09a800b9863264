import Clients
import NIOCore

/// An embedding, in either of the forms that it is sent in.
struct Vector {
    private(set) var numbers: [Float]

    /// A list of numbers, or the base64 text of little-endian 32-bit floats; `nil` for anything else.
    init?(_ value: JSONView) {
        if value.isArray {
            guard let numbers = Self.numbers(in: value.raw) else { return nil }
            self.numbers = numbers
        } else {
            guard let text = value.span.text,
                let bytes = Base64.decode(UnsafeRawBufferPointer(rebasing: value.bytes[text.range])),
                bytes.count % 4 == 0
            else { return nil }
            numbers = stride(from: 0, to: bytes.count, by: 4)
                .map { place in
                    Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
                }
            guard numbers.allSatisfy(\.isFinite) else { return nil }
        }
    }

    /// How many numbers stand there, without reading them; `nil` for what is no vector.
    static func count(in value: JSONView) -> Int? {
        if let text = value.span.text {
            let letters = value.bytes[text.range]
            return letters.count { $0 != UInt8(ascii: "=") } * 3 / 4 / 4
        }
        guard value.isArray else { return nil }
        return value.raw.reduce(1) { $1 == UInt8(ascii: ",") ? $0 + 1 : $0 }
    }

    private static func numbers(in list: UnsafeRawBufferPointer) -> [Float]? {
        var numbers: [Float] = []
        for item in list[1..<list.count - 1].split(separator: UInt8(ascii: ",")) {
            let digits = item.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
            guard let number = Float(String(decoding: digits, as: UTF8.self)), number.isFinite else { return nil }
            numbers.append(number)
        }
        return numbers.isEmpty ? nil : numbers
    }

    /// Keeps the first numbers and makes the vector of unit length again, as models do that were trained so that this leaves
    /// a good vector.
    mutating func shorten(to count: Int) {
        guard count < numbers.count else { return }
        numbers.removeLast(numbers.count - count)
        let length = numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard length > 0 else { return }
        for place in numbers.indices { numbers[place] = Float(Double(numbers[place]) / length) }
    }

    func write(asBase64: Bool, into buffer: inout ByteBuffer) {
        if asBase64 {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(numbers.count * 4)
            for number in numbers {
                let bits = number.bitPattern
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
                }
            }
            buffer.write("\"")
            Base64.encode(bytes, into: &buffer)
            buffer.write("\"")
        } else {
            buffer.write("[")
            for (place, number) in numbers.enumerated() {
                if place > 0 { buffer.write(",") }
                buffer.writeString(number.description)
            }
            buffer.write("]")
        }
    }
}
