// SPDX-License-Identifier: GPL-2.0-or-later

internal import Glibc
public import Sockets

/// What a name server, or whoever else the C library asks, says about a name and one family.
public enum NameAnswer: Hashable, Sendable {
    case addresses([IPAddress])
    /// There is no such name, or it has no address of this family.
    case none
    /// No answer; in words for people.
    case failed(String)
}

extension NameAnswer {
    /// Asks the system and blocks for as long as that takes, which may be half a minute.
    public static func system(_ host: String, _ family: IPAddress.Family) -> NameAnswer {
        var hints = addrinfo()
        // Not AI_ADDRCONFIG: which families this machine has now says nothing about the next minute.
        hints.ai_family = family == .v4 ? AF_INET : AF_INET6
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        switch result {
        case 0: break
        case EAI_NONAME, eaiNoData, eaiAddressFamily: return .none
        case EAI_SYSTEM: return .failed(Errno.current.description)
        default: return .failed(String(cString: gai_strerror(result)))
        }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            let ip = SocketAddress(kernel: address, length: Int(entry.ai_addrlen)).ip
            if ip.family == family && !addresses.contains(ip) { addresses.append(ip) }
        }
        return addresses.isEmpty ? .none : .addresses(addresses)
    }

    // From <netdb.h>, spelled out because only some C libraries have them: the name has no address of the
    // family.
    private static let eaiNoData: Int32 = -5
    private static let eaiAddressFamily: Int32 = -9
}
