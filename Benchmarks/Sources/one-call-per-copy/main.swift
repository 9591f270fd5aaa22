// SPDX-License-Identifier: GPL-2.0-or-later

import CBench
import Glibc

exit(cbench_one_call_main(CommandLine.argc, CommandLine.unsafeArgv))
