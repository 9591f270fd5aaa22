// SPDX-License-Identifier: GPL-2.0-or-later
#include "uring.h"

#include <errno.h>
#include <liburing.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_LENGTH = 32, CONTROL_LENGTH = 128, BUFFER_GROUP = 0 };
_Static_assert(
    sizeof(struct io_uring_recvmsg_out) + NAME_LENGTH + CONTROL_LENGTH == ENGARDE_URING_BUFFER_OVERHEAD,
    "the payload starts where the header says");

// Newer than liburing 2.3, of Linux 6.15: include/uapi/linux/io_uring.h.
enum { FEAT_NO_IOWAIT = 1U << 17, ENTER_NO_IOWAIT = 1U << 7 };

struct engarde_uring {
    struct io_uring ring;
    unsigned wait_flags;  // ENTER_NO_IOWAIT where the kernel has it, and else:
    int signal;           // the eventfd that tells of completions, or -1
    int watch;            // the epoll instance it is in, edge-triggered: nobody has to read it
    struct io_uring_buf_ring *buffers;
    size_t buffers_length;
    uint32_t buffer_count;
    uint32_t buffer_size;
    int returned;            // added to the buffer ring, not yet published
    char *buffer_memory;
    struct msghdr template;  // what multishot receives reserve for name and ancillary data
    uint64_t event_value;    // where eventfd reads land
};

static unsigned setup_flags(uint32_t mode) {
    unsigned flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
    if (mode == ENGARDE_URING_DEFER_TASKRUN) flags |= IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    if (mode == ENGARDE_URING_SQPOLL) flags |= IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER;
    if (mode == ENGARDE_URING_COOP_TASKRUN) flags |= IORING_SETUP_COOP_TASKRUN;
    return flags;
}

// liburing before 2.4 has no call that does this in one step.
static int register_buffers(struct engarde_uring *r) {
    r->buffers_length = r->buffer_count * sizeof(struct io_uring_buf);
    void *memory =
        mmap(NULL, r->buffers_length, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) return -errno;
    r->buffers = memory;
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)r->buffers, .ring_entries = r->buffer_count, .bgid = BUFFER_GROUP};
    int result = io_uring_register_buf_ring(&r->ring, &registration, 0);
    if (result < 0) return result;
    io_uring_buf_ring_init(r->buffers);
    return 0;
}

static int register_signal(struct engarde_uring *r, int event) {
    r->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->watch = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLET};
    if (r->signal < 0 || r->watch < 0) return -errno;
    // An eventfd that the ring reads is watched itself: from within the write to one, the kernel signals another one late
    // (io_uring/eventfd.c, eventfd_signal_allowed), and Linux 6.12 and 6.18 do so only once.
    if (epoll_ctl(r->watch, EPOLL_CTL_ADD, r->signal, &wanted) < 0) return -errno;
    if (epoll_ctl(r->watch, EPOLL_CTL_ADD, event, &wanted) < 0) return -errno;
    int result = io_uring_register_eventfd(&r->ring, r->signal);
    return result < 0 ? result : io_uring_cq_eventfd_toggle(&r->ring, false);
}

int engarde_uring_open(struct engarde_uring **out, const struct engarde_uring_options *options) {
    struct engarde_uring *r = calloc(1, sizeof *r);
    if (r == NULL) return -ENOMEM;
    r->buffer_count = options->buffer_count;
    r->buffer_size = options->buffer_size;
    r->buffer_memory = options->buffer_memory;
    r->template.msg_namelen = NAME_LENGTH;
    r->template.msg_controllen = CONTROL_LENGTH;
    r->signal = r->watch = -1;

    struct io_uring_params parameters = {
        .flags = setup_flags(options->mode), .cq_entries = options->completion_entries,
        .sq_thread_idle = options->sqpoll_idle_milliseconds};
    int result = io_uring_queue_init_params(options->submission_entries, &r->ring, &parameters);
    if (result < 0) {
        free(r);
        return result;
    }
    // Without silent successes every send would cost a completion; without EXT_ARG a timeout costs an entry.
    unsigned needed = IORING_FEAT_CQE_SKIP | IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;
    result = (parameters.features & needed) == needed ? 0 : -EOPNOTSUPP;
    // The kernel takes a wait for one on a disk if the waiting thread has requests under way; with SQPOLL it has none.
    if ((parameters.features & FEAT_NO_IOWAIT) && !options->without_no_iowait) r->wait_flags = ENTER_NO_IOWAIT;
    else if (result == 0 && options->mode != ENGARDE_URING_SQPOLL) result = register_signal(r, options->event);
    if (result == 0) result = register_buffers(r);
    if (result < 0) {
        engarde_uring_close(r);
        return result;
    }
    *out = r;
    return 0;
}

void engarde_uring_close(struct engarde_uring *r) {
    if (r->buffers != NULL) io_uring_unregister_buf_ring(&r->ring, BUFFER_GROUP);
    io_uring_queue_exit(&r->ring);
    if (r->signal >= 0) close(r->signal);
    if (r->watch >= 0) close(r->watch);
    if (r->buffers != NULL) munmap(r->buffers, r->buffers_length);
    free(r);
}

bool engarde_uring_receive(struct engarde_uring *r, int descriptor, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    if (entry == NULL) return false;
    io_uring_prep_recvmsg_multishot(entry, descriptor, &r->template, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    io_uring_sqe_set_data64(entry, token);
    return true;
}

bool engarde_uring_send(
    struct engarde_uring *r, int descriptor, const struct msghdr *message, uint64_t token, bool silent) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    if (entry == NULL) return false;
    // MSG_DONTWAIT makes the send complete inside the submission: a full socket answers EAGAIN instead of being
    // parked, so the message and its buffers are free again when the submission returns.
    io_uring_prep_sendmsg(entry, descriptor, message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (silent) entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, token);
    return true;
}

bool engarde_uring_read_event(struct engarde_uring *r, int descriptor, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    if (entry == NULL) return false;
    io_uring_prep_read(entry, descriptor, &r->event_value, sizeof r->event_value, 0);
    io_uring_sqe_set_data64(entry, token);
    return true;
}

bool engarde_uring_cancel(struct engarde_uring *r, uint64_t token_to_cancel, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    if (entry == NULL) return false;
    io_uring_prep_cancel64(entry, token_to_cancel, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, token);
    return true;
}

bool engarde_uring_cancel_all(struct engarde_uring *r, uint64_t token) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    if (entry == NULL) return false;
    io_uring_prep_cancel64(entry, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, token);
    return true;
}

// Newer than liburing 2.3: IORING_REGISTER_NAPI and struct io_uring_napi of <linux/io_uring.h>, Linux 6.9.
int engarde_uring_busy_poll(struct engarde_uring *r, uint32_t microseconds) {
    enum { REGISTER_NAPI = 27 };
    struct {
        uint32_t busy_poll_to;
        uint8_t prefer_busy_poll;
        uint8_t pad[3];
        uint64_t reserved;
    } napi = {.busy_poll_to = microseconds, .prefer_busy_poll = 1};
    long result = syscall(SYS_io_uring_register, r->ring.ring_fd, REGISTER_NAPI, &napi, 1);
    return result < 0 ? -errno : 0;
}

int engarde_uring_submit(struct engarde_uring *r) {
    int result = io_uring_submit_and_get_events(&r->ring);
    return result < 0 ? result : 0;
}

// Shows the kernel what is queued and returns how many entries it has not taken yet. liburing keeps its own to itself
// (src/queue.c, __io_uring_flush_sq). Unless it asked for IORING_SETUP_NO_SQARRAY there is an index to fill.
static unsigned publish(struct io_uring_sq *sq) {
    for (; sq->sqe_head != sq->sqe_tail; sq->sqe_head++)
        if (sq->array != NULL) sq->array[sq->sqe_head & sq->ring_mask] = sq->sqe_head & sq->ring_mask;
    io_uring_smp_store_release(sq->ktail, sq->sqe_tail);
    return sq->sqe_tail - io_uring_smp_load_acquire(sq->khead);
}

int engarde_uring_submit_and_wait(struct engarde_uring *r, int64_t timeout_nanoseconds) {
    if (io_uring_cq_ready(&r->ring) > 0) {
        return io_uring_sq_ready(&r->ring) > 0 ? engarde_uring_submit(r) : 0;
    }
    struct __kernel_timespec limit = {
        .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
    struct io_uring_getevents_arg argument = {
        .sigmask_sz = _NSIG / 8, .ts = timeout_nanoseconds < 0 ? 0 : (uintptr_t)&limit};
    unsigned queued = publish(&r->ring.sq);
    unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | r->wait_flags;
    if (r->ring.flags & IORING_SETUP_SQPOLL) {
        io_uring_smp_mb();  // the tail is seen before the kernel's thread says that it sleeps
        if (IO_URING_READ_ONCE(*r->ring.sq.kflags) & IORING_SQ_NEED_WAKEUP) flags |= IORING_ENTER_SQ_WAKEUP;
    }
    int result = io_uring_enter2(
        (unsigned)r->ring.ring_fd, queued, 1, flags, (sigset_t *)&argument, sizeof argument);
    return result < 0 ? result : 0;
}

bool engarde_uring_has_signal(const struct engarde_uring *r) { return r->signal >= 0; }

void engarde_uring_switch_signal(struct engarde_uring *r, bool on) {
    io_uring_cq_eventfd_toggle(&r->ring, on);
    io_uring_smp_mb();  // whoever completes something after the next submission sees it
}

int engarde_uring_wait_for_signal(struct engarde_uring *r, int64_t timeout_nanoseconds) {
    struct timespec limit = {
        .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
    struct epoll_event event;
    int result = epoll_pwait2(r->watch, &event, 1, timeout_nanoseconds < 0 ? NULL : &limit, NULL);
    return result < 0 ? -errno : 0;
}

bool engarde_uring_has_completions(const struct engarde_uring *r) { return io_uring_cq_ready(&r->ring) > 0; }

uint32_t engarde_uring_queued(const struct engarde_uring *r) { return io_uring_sq_ready(&r->ring); }

uint32_t engarde_uring_reap(struct engarde_uring *r, struct engarde_completion *out, uint32_t capacity) {
    struct io_uring_cqe *completion;
    unsigned head;
    uint32_t count = 0;
    io_uring_for_each_cqe(&r->ring, head, completion) {
        if (count == capacity) break;
        out[count++] = (struct engarde_completion){
            .token = completion->user_data,
            .result = completion->res,
            .buffer = completion->flags & IORING_CQE_F_BUFFER
                          ? (int32_t)(completion->flags >> IORING_CQE_BUFFER_SHIFT)
                          : -1,
            .more = (completion->flags & IORING_CQE_F_MORE) != 0};
    }
    io_uring_cq_advance(&r->ring, count);
    return count;
}

bool engarde_uring_has_overflow(const struct engarde_uring *r) { return io_uring_cq_has_overflow(&r->ring); }

void engarde_uring_return_buffer(struct engarde_uring *r, uint16_t buffer) {
    io_uring_buf_ring_add(
        r->buffers, r->buffer_memory + (size_t)buffer * r->buffer_size, r->buffer_size, buffer,
        io_uring_buf_ring_mask(r->buffer_count), r->returned++);
}

void engarde_uring_publish_buffers(struct engarde_uring *r) {
    io_uring_buf_ring_advance(r->buffers, r->returned);
    r->returned = 0;
}

struct engarde_received engarde_uring_received(struct engarde_uring *r, uint16_t buffer, int32_t result) {
    char *base = r->buffer_memory + (size_t)buffer * r->buffer_size;
    const struct io_uring_recvmsg_out *header = (const struct io_uring_recvmsg_out *)base;
    char *payload = base + ENGARDE_URING_BUFFER_OVERHEAD;
    uint32_t in_buffer = (uint32_t)result - ENGARDE_URING_BUFFER_OVERHEAD;
    return (struct engarde_received){
        .name = base + sizeof *header,
        .name_length = header->namelen < NAME_LENGTH ? header->namelen : NAME_LENGTH,
        .control = base + sizeof *header + NAME_LENGTH,
        .control_length = header->controllen,
        .payload = payload,
        .payload_length = header->payloadlen < in_buffer ? header->payloadlen : in_buffer,
        .truncated = (header->flags & MSG_TRUNC) != 0};
}

void engarde_uring_die(int error) {
    fprintf(stderr, "io_uring cannot go on: %s%s\n", strerror(error), error == EBADR ? ", completions are lost" : "");
    abort();
}
