// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// Load, sink and the simplest relay, in C because their cost must be small and known: they share one core
// with nothing, and what they cannot keep up with would be charged to the relays.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CBENCH_SIZE_MIN = 64,      // header, timestamp, run and tag of a load datagram
    CBENCH_SIZE_MAX = 1472,    // one datagram in a 1,500-byte Ethernet packet
    CBENCH_HANDSHAKE_SIZE = 148,
    CBENCH_RESPONSE_SIZE = 92,
};

// CLOCK_MONOTONIC, which all namespaces of a machine share.
int64_t cbench_now(void);

// A non-blocking UDP socket in the calling thread's network namespace, bound to 127.0.0.1:`port` (0 for any),
// with UDP_GRO and 16 MiB buffers where allowed. The descriptor, or -errno.
int cbench_open_end(uint16_t port);
// Fixes the peer of an end: 127.0.0.1:`port`. 0 or -errno.
int cbench_connect(int descriptor, uint16_t port);

// Sends one WireGuard-shaped handshake initiation (type 1, 148 bytes) with this sender index. 0 or -errno.
int cbench_send_initiation(int descriptor, uint32_t sender);
// Answers with a handshake response (type 2, 92 bytes). 0 or -errno.
int cbench_send_response(int descriptor, uint32_t sender, uint32_t receiver);
// Takes every waiting datagram and returns the type byte (1..4) of the last that is `wanted`, 0 when none
// was; an end without a peer is connected to whoever sent it.
int cbench_take_handshake(int descriptor, int wanted);

// One direction of load: who sends, who receives, and what came of it. Memory is the caller's and is written
// only by cbench_run.
struct cbench_flow {
    // What to do.
    int source, sink;        // descriptors of connected ends
    uint32_t receiver;       // WireGuard receiver index that the datagrams carry
    uint32_t size;           // bytes of a datagram, CBENCH_SIZE_MIN...CBENCH_SIZE_MAX
    uint64_t rate;           // datagrams/s offered; 0 for no clock
    uint64_t window;         // without a clock: datagrams that may be under way; 0 for no limit either
    // Memory.
    uint64_t *seen;          // one bit a datagram from `first` on
    uint64_t seen_bits;      // capacity of `seen`, a multiple of 64
    uint32_t *delays;        // nanoseconds, of first copies, in order of arrival
    uint64_t delays_capacity;
    // What came of it. `total_` counts since cbench_flow_begin, the others since cbench_flow_mark.
    uint64_t next;           // counter of the next datagram; never goes back, as WireGuard's
    uint64_t first;          // counter of the first datagram since cbench_flow_begin
    uint64_t marked;         // counter of the first datagram since cbench_flow_mark
    uint64_t total_unique;
    uint64_t refused;        // datagrams the kernel did not take from the source
    uint64_t sends;          // messages the source handed to the kernel
    uint64_t unique, duplicates;
    uint64_t stale;          // of an earlier measurement
    uint64_t strange;        // not of this load, or altered
    uint64_t received_messages;  // super-datagrams the sink took
    uint64_t delay_count;    // entries of `delays`, at most its capacity
    uint64_t behind_nanoseconds_max;  // with a clock: the most a datagram left late
    // Internal.
    uint64_t acknowledged;   // datagrams below this are no longer under way
    uint64_t run_first;      // counter of the first datagram of this cbench_run
    int64_t progress_at;
};

// Forgets every datagram so far; those that still come are stale. `next` and what is under way go on.
void cbench_flow_begin(struct cbench_flow *flow);
// Starts the counts afresh. Datagrams under way stay known: when they come they count as arrivals of the time
// after the mark, as those still under way at its end will not.
void cbench_flow_mark(struct cbench_flow *flow);

// Sends and receives for `nanoseconds` on the calling thread, without sleeping in between unless `sleeps`;
// with `sends` false it only receives, and ends earlier once nothing has come for 200 ms.
void cbench_run(struct cbench_flow *flows, size_t count, int64_t nanoseconds, bool sends, bool sleeps);

// Lets the calling thread, and what it starts later, use these cores only. 0 or -errno.
int cbench_use_cores(const int *cores, int count);
// The cores the calling thread may use, ascending; returns how many there are, at most `capacity` are
// written.
int cbench_cores(int *cores, int capacity);

// An AF_PACKET socket that sees what interface `name` of the calling thread's namespace receives. -errno on
// failure.
int cbench_open_capture(const char *name);
// Waits until a UDP datagram to `port` comes in, until `deadline` (CLOCK_MONOTONIC). Returns its arrival as
// the kernel stamped it, on CLOCK_MONOTONIC, or 0 at the deadline.
int64_t cbench_capture_next(int descriptor, uint16_t port, int64_t deadline);

// The one-call-per-copy relay: argc and argv as of `main`. Returns the exit status.
int cbench_one_call_main(int argc, char **argv);

// A counter of the system calls that thread `tid` enters from now on, -errno when the kernel has no such
// tracepoint or does not let us. Close it when done.
int cbench_count_system_calls(int tid);
// What it has counted, or -errno.
int64_t cbench_counted(int descriptor);
