// SPDX-License-Identifier: GPL-2.0-or-later

// Counts a thread's calls of a function of the C library, in a program as it ships: the counter is the kernel's, on
// the library's code.

#include "cbench.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int uprobe_type(void) {
    FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
    if (!file) return -errno;
    int type = -1;
    int found = fscanf(file, "%d", &type);
    fclose(file);
    return found == 1 ? type : -ENOENT;
}

// The file that holds the code at `address` and where in the file it is. `path` has room for PATH_MAX bytes.
static int locate(const void *address, char *path, uint64_t *offset) {
    FILE *file = fopen("/proc/self/maps", "re");
    if (!file) return -errno;
    char line[PATH_MAX + 128];
    int result = -ENOENT;
    while (result != 0 && fgets(line, sizeof line, file)) {
        unsigned long long from, to, start;
        if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %4095s", &from, &to, &start, path) != 4 || path[0] != '/') continue;
        if ((uint64_t)(uintptr_t)address < from || (uint64_t)(uintptr_t)address >= to) continue;
        *offset = (uint64_t)(uintptr_t)address - from + start;
        result = 0;
    }
    fclose(file);
    return result;
}

int cbench_count_calls(const char *function, int tid) {
    int type = uprobe_type();
    if (type < 0) return type;
    void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *code = library ? dlsym(library, function) : NULL;
    if (library) dlclose(library);
    if (!code) return -ENOENT;
    char path[PATH_MAX];
    uint64_t offset;
    int failure = locate(code, path, &offset);
    if (failure < 0) return failure;
    struct perf_event_attr attributes = {
        .type = (uint32_t)type, .size = sizeof attributes, .config1 = (uint64_t)(uintptr_t)path, .config2 = offset};
    long descriptor = syscall(SYS_perf_event_open, &attributes, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int cbench_thread(void) { return (int)syscall(SYS_gettid); }

void cbench_allocate(void) {
    void *volatile memory = malloc(100);
    free(memory);
}
