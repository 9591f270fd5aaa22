// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdint.h>

// Counts the calling thread's allocations, by standing in front of malloc and its kin. Not under AddressSanitizer,
// which stands there itself.
uint64_t malloc_counter_value(void);
