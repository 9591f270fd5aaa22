// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// A C function that Swift's `@_noLocks` functions may call: the compiler takes the declaration's word for it, so
// the function must neither allocate nor take a lock.
#define ENGARDE_HOT __attribute__((swift_attr("@_noLocks")))
