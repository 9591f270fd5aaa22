// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

/// The live paths, found by address and walked in a row. Bounded: a full table takes nobody in.
@safe
struct PathTable: ~Copyable {
    let capacity: Int
    private(set) var count = 0
    private let paths: UnsafeMutablePointer<Path>
    /// Indices of the live paths, then of the free ones.
    private let order: UnsafeMutablePointer<PathIndex>
    private var buckets: HashBuckets
    private let hashKey: UInt64
    private var nextTenant: UInt16 = 0

    /// - Parameter hashKey: a secret, so that strangers cannot choose addresses that meet in one bucket.
    init(capacity: Int, hashKey: UInt64 = .random(in: 0...UInt64.max)) {
        self.capacity = capacity
        self.hashKey = hashKey
        buckets = HashBuckets(capacity: capacity)
        unsafe paths = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        for index in 0..<capacity { unsafe (order + index).initialize(to: PathIndex(Int32(index))) }
    }

    deinit {
        unsafe paths.deallocate()
        unsafe order.deallocate()
    }

    /// Returns live path number `position`, 0..<``count``.
    @_noLocks
    func live(_ position: Int) -> PathIndex {
        precondition(position >= 0 && position < count)
        return unsafe order[position]
    }

    /// A path in place.
    subscript(index: PathIndex) -> Path {
        @_noLocks @inline(__always) unsafeAddress {
            precondition(index.position >= 0 && index.position < capacity)
            return unsafe UnsafePointer(paths + index.position)
        }
        @_noLocks @inline(__always) unsafeMutableAddress {
            precondition(index.position >= 0 && index.position < capacity)
            return unsafe paths + index.position
        }
    }

    /// Notes that a datagram came from a path, and the address it was sent to.
    @_noLocks
    mutating func touch(_ index: PathIndex, at now: Int64, local: engarde_packet_info) {
        self[index].lastReceived = now
        self[index].local = local
    }

    /// Returns the path with this address, if there is one.
    @_noLocks
    func find(_ address: SocketAddress) -> PathIndex? {
        var bucket = buckets.first(hash(address))
        while buckets.value(at: bucket) >= 0 {
            let index = PathIndex(buckets.value(at: bucket))
            if self[index].address == address { return index }
            bucket = buckets.next(bucket)
        }
        return nil
    }

    /// Adds an address that is not in the table. Returns nil when the table is full.
    @_noLocks
    mutating func insert(_ address: SocketAddress, at now: Int64, local: engarde_packet_info) -> PathIndex? {
        guard count < capacity else { return nil }
        let index = unsafe order[count]
        self[index] = Path(
            address: address, local: local, lastReceived: now, position: Int32(truncatingIfNeeded: count),
            tenant: nextTenant)
        nextTenant &+= 1
        count += 1
        buckets.insert(hash(address), index.raw)
        return index
    }

    /// Returns the next path, from `position` in the row, that has been silent for `timeout` by `now`; nil behind the last
    /// one. What stays is passed, and `next` becomes the time at which the first of it would go, if that is sooner. The
    /// one returned is to be removed before the next is asked for: another then has its position.
    @_noLocks
    func nextGone(from position: inout Int, now: Int64, timeout: Int64, next: inout Int64) -> PathIndex? {
        while position < count {
            let index = live(position)
            let goneAt = self[index].lastReceived + timeout
            if goneAt <= now { return index }
            next = min(next, goneAt)
            position += 1
        }
        return nil
    }

    /// Takes a live path out. The last live path moves to its place in the row.
    @_noLocks
    mutating func remove(_ index: PathIndex) {
        buckets.remove(hash(self[index].address), index.raw)
        count -= 1
        let position = Int(self[index].position)
        let last = unsafe order[count]
        unsafe order[position] = last
        self[last].position = Int32(truncatingIfNeeded: position)
        unsafe order[count] = index
    }

    @_noLocks
    private func hash(_ address: SocketAddress) -> UInt32 {
        UInt32(truncatingIfNeeded: address.hash64(key: hashKey))
    }
}
