// SPDX-License-Identifier: GPL-2.0-or-later

/// What `--version` prints and the API tells.
public let programVersion = "0.1.0"
