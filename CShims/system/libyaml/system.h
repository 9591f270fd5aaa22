// SPDX-License-Identifier: GPL-2.0-or-later
#if !__has_include(<yaml.h>)
#error "yaml.h is missing: apt-get install libyaml-dev"
#endif
#include <yaml.h>
