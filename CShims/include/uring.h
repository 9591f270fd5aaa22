// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// io_uring through liburing. <liburing.h> stays out of this header: it brings in <linux/io_uring.h>, which another C
// module of a Swift program may import too, and a file that sees both does not compile.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "hot.h"

struct engarde_uring;

// How completions are delivered, best first. Each needs a newer kernel than the one below it.
enum engarde_uring_mode {
    ENGARDE_URING_DEFER_TASKRUN = 0,  // 6.1: on the waiting thread, only when it asks
    ENGARDE_URING_COOP_TASKRUN = 1,   // 5.19: on the waiting thread, without interrupting it
    ENGARDE_URING_PLAIN = 2,
    // A kernel thread submits, on a processor of its own: no system call while there is traffic. Sends then complete
    // after the submission, so their successes have to be counted. 5.13 without privileges.
    ENGARDE_URING_SQPOLL = 3,
};

struct engarde_uring_options {
    uint32_t mode;                // enum engarde_uring_mode
    uint32_t submission_entries;  // sends that fit one submission; rounded up to a power of two by the kernel
    uint32_t completion_entries;
    uint32_t buffer_count;    // receive buffers, a power of two up to 32,768
    uint32_t sqpoll_idle_milliseconds;  // how long the kernel thread looks for work before it sleeps
    uint32_t buffer_size;     // bytes each, see ENGARDE_URING_BUFFER_OVERHEAD
    void *buffer_memory;      // buffer_count * buffer_size bytes that outlive the ring, 64-byte aligned
    int event;                // the eventfd that engarde_uring_read_event is going to read
    bool without_no_iowait;   // as if the kernel were older than 6.15, see engarde_uring_has_signal
};

// Bytes in front of the payload of a received datagram: the kernel's header, the source address, ancillary data.
enum { ENGARDE_URING_BUFFER_OVERHEAD = 16 + 32 + 128 };

// Opens a ring on the calling thread, which must be the only one to use it, with an empty buffer ring. Returns 0 or
// -errno and then leaves nothing behind.
//
// There is no fixed file table: up to Linux 6.12 a request under way holds on to all files that leave the table while
// it lasts (io_uring/rsrc.c), so a receive on one socket keeps others open, and to unregister the table takes for ever.
int engarde_uring_open(struct engarde_uring **out, const struct engarde_uring_options *options);
// The kernel ends what is under way some time later, and until then holds its sockets: cancel and reap first.
void engarde_uring_close(struct engarde_uring *ring);

// Each of these queues one entry and returns false when the submission queue is full.
ENGARDE_HOT bool engarde_uring_receive(struct engarde_uring *ring, int descriptor, uint64_t token);
ENGARDE_HOT bool engarde_uring_send(
    struct engarde_uring *ring, int descriptor, const struct msghdr *message, uint64_t token, bool silent);
ENGARDE_HOT bool engarde_uring_read_event(struct engarde_uring *ring, int descriptor, uint64_t token);
ENGARDE_HOT bool engarde_uring_cancel(struct engarde_uring *ring, uint64_t token_to_cancel, uint64_t token);
// Cancels everything that is under way.
bool engarde_uring_cancel_all(struct engarde_uring *ring, uint64_t token);

// Busy-polls the network devices for up to so many microseconds while waiting; Linux 6.9. 0 or -errno.
int engarde_uring_busy_poll(struct engarde_uring *ring, uint32_t microseconds);

// Submits what is queued, without waiting and with completions brought in. 0 or -errno.
ENGARDE_HOT int engarde_uring_submit(struct engarde_uring *ring);
// Submits what is queued and waits for one completion, or `timeout_nanoseconds` when that is not negative. 0 or
// -errno; -ETIME and -EINTR are no faults.
ENGARDE_HOT int engarde_uring_submit_and_wait(struct engarde_uring *ring, int64_t timeout_nanoseconds);
// Whether that wait should be short. From Linux 6.5 to 6.14, and in Debian 12's 6.1, the kernel takes any wait in
// io_uring_enter for one on a disk: it counts as iowait and as pressure in /proc/pressure/io. There the ring has a
// signal to wait for in its stead: an eventfd, since poll(2) on a ring with ENGARDE_URING_DEFER_TASKRUN is not woken by
// what waits for the task to run it (io_req_local_work_add in io_uring/io_uring.c).
ENGARDE_HOT bool engarde_uring_has_signal(const struct engarde_uring *ring);
// Has the signal given with completions, or not, without a system call. What completes before the next submission is
// brought in by that instead.
ENGARDE_HOT void engarde_uring_switch_signal(struct engarde_uring *ring, bool on);
// Waits for the signal; completions are there, or to be had by a submission, or neither. 0 or -errno; -EINTR is no
// fault.
ENGARDE_HOT int engarde_uring_wait_for_signal(struct engarde_uring *ring, int64_t timeout_nanoseconds);
// Whether completions are there to be reaped.
ENGARDE_HOT bool engarde_uring_has_completions(const struct engarde_uring *ring);

// Entries queued and not yet taken by the kernel.
ENGARDE_HOT uint32_t engarde_uring_queued(const struct engarde_uring *ring);

struct engarde_completion {
    uint64_t token;
    int32_t result;
    int32_t buffer;  // the buffer it filled, or -1
    bool more;       // a multishot receive that goes on
};

// Takes up to `capacity` completions off the queue.
ENGARDE_HOT uint32_t engarde_uring_reap(
    struct engarde_uring *ring, struct engarde_completion *out, uint32_t capacity);

// Whether the kernel holds completions that did not fit the queue; entering it brings them in.
ENGARDE_HOT bool engarde_uring_has_overflow(const struct engarde_uring *ring);

// Gives a buffer back to the kernel. Visible to it after engarde_uring_publish_buffers.
ENGARDE_HOT void engarde_uring_return_buffer(struct engarde_uring *ring, uint16_t buffer);
ENGARDE_HOT void engarde_uring_publish_buffers(struct engarde_uring *ring);

// A datagram in a buffer, all pointers into that buffer.
struct engarde_received {
    const void *name;
    uint32_t name_length;
    const void *control;
    uint32_t control_length;
    void *payload;
    uint32_t payload_length;
    bool truncated;
};
ENGARDE_HOT struct engarde_received engarde_uring_received(
    struct engarde_uring *ring, uint16_t buffer, int32_t result);

// Writes why the ring is of no use any more to the standard error, and ends the process: a completion was lost for want of
// memory (EBADR), or the ring is broken. Exists because Swift prints no reason for a trap in optimised code.
ENGARDE_HOT void engarde_uring_die(int error) __attribute__((noreturn));
