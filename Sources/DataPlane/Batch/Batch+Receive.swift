// SPDX-License-Identifier: GPL-2.0-or-later

internal import CShims.Socket
internal import Sockets

extension Batch {
    /// Adds what an engine received and counts it. What holds more datagrams than any batch might have room for is
    /// counted as ``DropReason/truncated`` and left out.
    ///
    /// - Parameters:
    ///   - payload: `length` bytes that stay put until the batch is over.
    ///   - source: the sender, or none on a connected socket.
    @_noLocks
    mutating func receive(
        _ socket: SocketHandle, _ payload: UnsafeMutableRawPointer, _ length: Int, _ source: SocketAddress,
        _ ancillary: engarde_ancillary, _ counters: Counters
    ) {
        let segmentSize = ancillary.segment_size == 0 ? length : Int(ancillary.segment_size)
        let arrival = unsafe Arrival(
            socket: socket, length: length, segmentSize: segmentSize, payload: payload, source: source,
            local: ancillary.local)
        counters.add(.receivedDatagrams, slot: socket.slot, arrival.segmentCount)
        counters.add(.receivedBytes, slot: socket.slot, length)
        counters.raise(.largestReceived, slot: socket.slot, to: arrival.segmentSize)
        if ancillary.has_kernel_drops {
            counters.set(.kernelDrops, slot: socket.slot, UInt64(ancillary.kernel_drops))
        }
        guard arrival.segmentCount <= Limits.segmentsPerArrival else {
            return counters.add(.truncated, arrival.segmentCount)
        }
        append(arrival)
    }
}
