// SPDX-License-Identifier: GPL-2.0-or-later

// Counts system calls with a perf counter on the raw_syscalls:sys_enter tracepoint. It costs the observed
// process some nanoseconds a call; strace costs it microseconds and so changes how many datagrams meet in one
// call.

#include "cbench.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int cbench_count_system_calls(int tid, uint64_t tracepoint) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof attributes, .config = tracepoint};
    long descriptor = syscall(SYS_perf_event_open, &attributes, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int64_t cbench_counted(int descriptor) {
    int64_t value;
    ssize_t count = read(descriptor, &value, sizeof value);
    return count == sizeof value ? value : -errno;
}
