// SPDX-License-Identifier: GPL-2.0-or-later

public import Status

/// Which of the two programs is shown.
public enum WebRole: Sendable {
    case client(any ClientStatusSource)
    case server(any ServerStatusSource)
}
