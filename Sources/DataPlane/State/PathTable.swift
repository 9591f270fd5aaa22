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
    private let order: UnsafeMutablePointer<Int32>
    private var buckets: HashBuckets
    private var nextTenant: UInt16 = 0

    init(capacity: Int) {
        self.capacity = capacity
        buckets = HashBuckets(capacity: capacity)
        unsafe paths = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        for index in 0..<capacity { unsafe (order + index).initialize(to: Int32(index)) }
    }

    deinit {
        unsafe paths.deallocate()
        unsafe order.deallocate()
    }

    /// The index of live path number `position`, 0..<``count``.
    @_noLocks
    func live(_ position: Int) -> Int32 { unsafe order[position] }

    @_noLocks
    func path(_ index: Int32) -> Path { unsafe paths[Int(index)] }

    /// Access to a live path in place.
    subscript(index: Int32) -> UnsafeMutablePointer<Path> { @_noLocks get { unsafe paths + Int(index) } }

    /// Notes that a path was heard, and where it wrote to.
    @_noLocks
    mutating func touch(_ index: Int32, at now: Int64, local: engarde_packet_info) {
        unsafe paths[Int(index)].lastHeard = now
        unsafe paths[Int(index)].local = local
    }

    /// The index of the path with this address, or -1.
    @_noLocks
    func find(_ address: SocketAddress) -> Int32 {
        var bucket = buckets.first(hash(address))
        while buckets.value(at: bucket) >= 0 {
            let index = buckets.value(at: bucket)
            if unsafe paths[Int(index)].address == address { return index }
            bucket = buckets.next(bucket)
        }
        return -1
    }

    /// Takes in an address that is not in the table. Returns its index, or -1 when the table is full.
    @_noLocks
    mutating func insert(_ address: SocketAddress, at now: Int64, local: engarde_packet_info) -> Int32 {
        guard count < capacity else { return -1 }
        let index = unsafe order[count]
        unsafe paths[Int(index)] = Path(
            address: address, local: local, lastHeard: now, position: Int32(truncatingIfNeeded: count),
            tenant: nextTenant)
        nextTenant &+= 1
        count += 1
        buckets.insert(hash(address), index)
        return index
    }

    /// The next path, from `position` in the row, that was not heard for `timeout` by `now`, or -1 behind the last one.
    /// What stays is passed, and `next` becomes the moment the first of it would go, if that is sooner. The one returned
    /// is to be removed before the next is asked for: another then has its position.
    @_noLocks
    func nextGone(from position: inout Int, now: Int64, timeout: Int64, next: inout Int64) -> Int32 {
        while position < count {
            let index = live(position)
            let goneAt = unsafe paths[Int(index)].lastHeard + timeout
            if goneAt <= now { return index }
            next = min(next, goneAt)
            position += 1
        }
        return -1
    }

    /// Takes a live path out. The last live path moves to its place in the row.
    @_noLocks
    mutating func remove(_ index: Int32) {
        unsafe buckets.remove(hash(paths[Int(index)].address), index)
        count -= 1
        let position = unsafe Int(paths[Int(index)].position)
        let last = unsafe order[count]
        unsafe order[position] = last
        unsafe paths[Int(last)].position = Int32(truncatingIfNeeded: position)
        unsafe order[count] = index
    }

    @_noLocks
    private func hash(_ address: SocketAddress) -> UInt32 { UInt32(truncatingIfNeeded: address.hash64) }
}
