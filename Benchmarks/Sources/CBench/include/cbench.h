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
    CBENCH_KEEP_ALIVE_SIZE = 32,
    // Counters of loads begin here; those below are for data that belongs to none, so that no counter of an end
    // is used twice.
    CBENCH_LOAD_FIRST = 1 << 16,
};

// CLOCK_MONOTONIC, which all namespaces of a machine share.
int64_t cbench_now(void);

// One WireGuard's end: a socket that sends and receives as its does. Memory is the caller's.
struct cbench_end {
    int descriptor;
    // Sends to wherever data came from last, as WireGuard does; else to the peer it is connected to.
    bool follows;
    uint16_t peer_port;      // of 127.0.0.1, where a following end sends to; 0 before it has heard anybody
    uint32_t receiver;       // receiver index of the data it sends
    uint64_t next;           // counter of its next datagram that is not of a load; below CBENCH_LOAD_FIRST
    uint64_t sent_bytes;     // by the functions below, which is all but the load
    uint64_t moves;          // how often a following end has heard another port than before
};

// Opens a non-blocking UDP socket in the calling thread's network namespace, bound to 127.0.0.1:`port` (0 for
// any), with UDP_GRO and 16 MiB buffers where allowed; the rest of `end` becomes 0. 0 or -errno.
int cbench_open_end(struct cbench_end *end, uint16_t port);
// Fixes the peer of an end: 127.0.0.1:`port`. 0 or -errno.
int cbench_connect(const struct cbench_end *end, uint16_t port);

// Sends one WireGuard-shaped handshake initiation (type 1, 148 bytes) with this sender index. 0 or -errno.
int cbench_send_initiation(struct cbench_end *end, uint32_t sender);
// Answers with a handshake response (type 2, 92 bytes). 0 or -errno.
int cbench_send_response(struct cbench_end *end, uint32_t sender, uint32_t receiver);
// Sends data (type 4) of `size` bytes, CBENCH_KEEP_ALIVE_SIZE...CBENCH_SIZE_MAX, that belongs to no load. 0 or
// -errno.
int cbench_send_data(struct cbench_end *end, uint32_t size);
// Takes every waiting datagram and tells whether a message of type `wanted` (1..4, 0 for none) was among them.
bool cbench_take(struct cbench_end *end, int wanted);

// One direction of load: who sends, who receives, and what came of it. Memory is the caller's and is written
// only by cbench_run.
struct cbench_flow {
    // What to do.
    struct cbench_end *source, *sink;
    uint32_t size;           // bytes of a datagram, CBENCH_SIZE_MIN...CBENCH_SIZE_MAX
    uint64_t rate;           // datagrams/s offered; 0 for no clock
    uint64_t window;         // without a clock: datagrams that may be under way; 0 for no limit either
    // Memory.
    uint64_t *seen;          // one bit a datagram from `first` on
    uint64_t seen_bits;      // capacity of `seen`, a multiple of 64
    uint32_t *delays;        // nanoseconds, of first copies, in order of arrival
    uint64_t delays_capacity;
    // What came of it. `total_` counts since cbench_flow_begin, the others since cbench_flow_mark.
    uint64_t next;           // counter of the next datagram, from CBENCH_LOAD_FIRST on; never goes back
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

// A counter of the calls of a function of the C library by thread `tid` from now on, in whatever program: a perf
// counter on a uprobe, which costs the thread nothing until it calls. -errno when the kernel has no such thing or
// does not let us. Close it when done.
int cbench_count_calls(const char *function, int tid);
// The calling thread's id.
int cbench_thread(void);
// Calls malloc and free once, whatever the optimiser thinks.
void cbench_allocate(void);
// A counter of the system calls that thread `tid` enters from now on, by the number of the tracepoint
// raw_syscalls:sys_enter; -errno when the kernel does not let us. Close it when done.
int cbench_count_system_calls(int tid, uint64_t tracepoint);
// What it has counted, or -errno.
int64_t cbench_counted(int descriptor);
