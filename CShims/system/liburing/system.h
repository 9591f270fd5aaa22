// SPDX-License-Identifier: GPL-2.0-or-later
#if !__has_include(<liburing.h>)
#error "liburing.h is missing: apt-get install liburing-dev"
#endif
#include <liburing.h>
