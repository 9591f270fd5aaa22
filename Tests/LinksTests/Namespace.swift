// SPDX-License-Identifier: GPL-2.0-or-later

import Dispatch
import Glibc
import Sockets

/// A network namespace of its own, on a thread of its own; it goes when the thread does.
final class Namespace: Sendable {
    /// Why there can be none, or nil when there can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "not root" }
        do {
            _ = try Namespace()
            return nil
        } catch {
            return "no new namespace: \(error)"
        }
    }()

    /// For `.enabled(if:)`; prints why when the answer is no.
    static let isAvailable: Bool = {
        if let obstacle { print("namespace tests are skipped: \(obstacle)") }
        return obstacle == nil
    }()

    private let jobs = Jobs()

    init() throws(Errno) {
        var thread = pthread_t()
        let jobs = Unmanaged.passRetained(jobs)
        let work: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            Unmanaged<Jobs>.fromOpaque($0!).takeRetainedValue().work()
            return nil
        }
        pthread_create(&thread, nil, work, jobs.toOpaque())
        pthread_detach(thread)
        let failure = run { unshare(0x4000_0000 /* CLONE_NEWNET */) == 0 ? nil : Errno.current }
        if let failure { throw failure }
    }

    deinit { jobs.end() }

    /// Runs `body` on the namespace's thread and waits for it.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
        let box = Box<Result>()
        jobs.run { box.value = body() }
        return box.value!
    }

    /// Runs `ip` with these arguments.
    func ip(_ arguments: String) {
        let status = run { spawn(["ip"] + arguments.split(separator: " ").map(String.init)) }
        precondition(status == 0, "ip \(arguments): \(status)")
    }

    /// Runs `ip` once for many lines.
    func ipBatch(_ lines: [String]) {
        let status = run {
            let path = "/tmp/engarde-links-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            let file = fopen(path, "w")!
            fputs(lines.joined(separator: "\n") + "\n", file)
            fclose(file)
            defer { unlink(path) }
            return spawn(["ip", "-batch", path])
        }
        precondition(status == 0, "ip -batch: \(status)")
    }

    /// Changes an interface by ioctl, which takes microseconds where starting `ip` takes milliseconds.
    func ioctl(_ number: Int32, _ name: String, _ fill: @escaping @Sendable (inout ifreq) -> Void) {
        let failure: Errno? = run {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            var request = ifreq()
            withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: name.utf8) }
            fill(&request)
            return Glibc.ioctl(descriptor, UInt(number), &request) == 0 ? nil : Errno.current
        }
        precondition(failure == nil, "ioctl \(number) on \(name): \(failure!)")
    }
}

private final class Box<Value>: @unchecked Sendable { var value: Value? }

/// What is to be done on the thread, one after the other.
private final class Jobs: @unchecked Sendable {
    private let ready = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private var job: (() -> Void)?

    func run(_ body: @escaping () -> Void) {
        job = body
        ready.signal()
        done.wait()
    }

    func end() {
        job = nil
        ready.signal()
    }

    func work() {
        while true {
            ready.wait()
            guard doNext() else { return }
            done.signal()
        }
    }

    /// In a function of its own, so that the job and what it holds are let go before it is called done.
    private func doNext() -> Bool {
        guard let job else { return false }
        self.job = nil
        job()
        return true
    }
}

/// The exit status; the child is in the calling thread's namespace.
private func spawn(_ arguments: [String]) -> Int32 {
    var child = pid_t()
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let failure = posix_spawnp(&child, arguments[0], nil, nil, &pointers, environ)
    guard failure == 0 else { return -failure }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status
}
