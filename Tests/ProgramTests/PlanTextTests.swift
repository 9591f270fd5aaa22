// SPDX-License-Identifier: GPL-2.0-or-later

import Testing

@testable import engarde

/// The lines that `--dry-run` prints of files.
@Suite struct PlanTextTests {
    /// As setup writes them, and as people do.
    @Test(arguments: [
        "+PrivateKey = ", "-PrivateKey=", "-privatekey  =", "- PresharedKey= ", "-#PrivateKey=", "+privateKey: ",
        "-  presharedKey : ", "-    password: ", "-  webManager: {username: admin, password: ", "-\tPASSWORD: ",
        "-  \"password\": ", "-  'password':",
    ])
    func secretsAreLeftOut(_ beginning: String) {
        #expect(PlanText.withoutSecrets(beginning + "hunter2 behind") == beginning + "(secret)")
    }

    @Test(arguments: [
        "+PublicKey = abc", "+LoadCredential=password:/etc/engarde/password", "+    passwordFile: \"/run/password\"",
        " # A password is asked for.", "+++ /etc/wireguard/engarde0.conf (mode 600)", "-",
    ])
    func theRestIsShown(_ line: String) { #expect(PlanText.withoutSecrets(line) == line) }
}
