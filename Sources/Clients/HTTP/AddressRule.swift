package import NIOCore

/// Which addresses may be connected to for a URL that a client named.
package struct AddressRule: Sendable {
    package let allows: @Sendable (SocketAddress) -> Bool

    package init(_ allows: @escaping @Sendable (SocketAddress) -> Bool) { self.allows = allows }

    /// Addresses of the public internet alone: nothing of this machine, its networks, or a cloud's own services.
    package static let publicInternet = AddressRule { address in
        switch address {
        case .v4(let address):
            // `sockaddr_in`: behind family and port; `sockaddr_in6`: behind these and the flow.
            withUnsafeBytes(of: address.address) { isPublic(v4: Array($0.dropFirst(4).prefix(4))) }
        case .v6(let address):
            withUnsafeBytes(of: address.address) { isPublic(v6: Array($0.dropFirst(8).prefix(16))) }
        case .unixDomainSocket: false
        }
    }

    /// A name's addresses, none of them where one is not allowed: who mixes them is up to something.
    package func checking(_ lookup: @escaping NameResolver.Lookup) -> NameResolver.Lookup {
        { host, family in
            let addresses = try lookup(host, family)
            guard addresses.allSatisfy(allows) else {
                throw NameResolver.Fault.notFound(host: host, reason: "its address is not public")
            }
            return addresses
        }
    }

    /// IANA's special-purpose registry (RFC 6890), multicast, and 168.63.129.16, Azure's own.
    private static let closedV4: [(address: [UInt8], bits: Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24), ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4), ([168, 63, 129, 16], 32),
    ]

    /// Of global unicast: Teredo and its kin, documentation, 6to4. NAT64, mapped, local and link-local addresses are not
    /// global unicast at all.
    private static let closedV6: [(address: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0x00, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02, 0, 0], 16),
        ([0x3F, 0xFF, 0x00, 0], 20),
    ]

    private static func isPublic(v4 bytes: [UInt8]) -> Bool {
        bytes.count == 4 && !closedV4.contains { matches(bytes, $0.address, bits: $0.bits) }
    }

    private static func isPublic(v6 bytes: [UInt8]) -> Bool {
        bytes.count == 16 && matches(bytes, [0x20], bits: 3)
            && !closedV6.contains { matches(bytes, $0.address, bits: $0.bits) }
    }

    private static func matches(_ bytes: [UInt8], _ prefix: [UInt8], bits: Int) -> Bool {
        for (place, byte) in prefix.enumerated() where place * 8 < bits {
            let left = min(8, bits - place * 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - left))
            if bytes[place] & mask != byte & mask { return false }
        }
        return true
    }
}
