// SPDX-License-Identifier: GPL-2.0-or-later
#if !__has_include(<libmnl/libmnl.h>)
#error "libmnl/libmnl.h is missing: apt-get install libmnl-dev"
#endif
#include <libmnl/libmnl.h>
