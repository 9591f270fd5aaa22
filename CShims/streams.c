// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>

// Opens what the caller has closed of the three standard streams, on nothing. Else the first descriptors the program
// opens take their numbers, and the log is written into a socket or an eventfd. A constructor, because Dispatch
// opens its own before an asynchronous main runs.
__attribute__((constructor)) static void open_standard_streams(void) {
    for (int stream = 0; stream <= 2; stream++) {
        if (fcntl(stream, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number: this one
    }
}
