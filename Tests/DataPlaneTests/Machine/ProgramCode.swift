// SPDX-License-Identifier: GPL-2.0-or-later

import Support

/// The machine code of the rooms that make the data plane, in a program that still has its symbols.
struct ProgramCode {
    /// A function by its symbol, or a stretch of code without one.
    private struct Function {
        var name: String
        var start: UInt64
        var end: UInt64
    }

    /// What an instruction may lead to.
    private struct Branch {
        var at: UInt64
        /// nil for a call through a register or memory.
        var target: UInt64?
        /// The symbol at the target as the disassembler sees it.
        var name: String
    }

    /// Functions whose code is looked into; all others are judged by their names.
    private static let rooms = "(\\$s9DataPlane|\\$s09WireGuardA0|\\$s7Sockets|engarde_)"
    /// Code further apart than this is disassembled apart.
    private static let gapBytes: UInt64 = 64 << 10

    /// By address, without overlaps.
    private let functions: [Function]
    /// By address.
    private let branches: [Branch]

    /// - Parameter path: a program that is not stripped.
    init(_ path: String) throws {
        let symbols = try run(
            ["sh", "-c", "nm -S --defined-only \"$1\" | grep -E '^[0-9a-f]+ [0-9a-f]+ [tT] \(Self.rooms)'", "sh", path])
        var functions: [Function] = []
        for line in symbols.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4, let start = UInt64(words[0], radix: 16), let size = UInt64(words[1], radix: 16)
            else { continue }
            functions.append(Function(name: String(words[3]), start: start, end: start + size))
        }
        functions.sort { $0.start < $1.start }
        self.functions = functions
        var stretches: [(start: UInt64, end: UInt64)] = []
        for function in functions {
            if let last = stretches.last, function.start < last.end + Self.gapBytes {
                stretches[stretches.count - 1].end = max(last.end, function.end)
            } else {
                stretches.append((function.start, function.end))
            }
        }
        branches = try stretches.flatMap { stretch in
            let text = try run(
                [
                    "objdump", "-d", "--no-show-raw-insn", "--start-address=\(stretch.start)",
                    "--stop-address=\(stretch.end)", path,
                ], seconds: 60)
            return text.split(separator: "\n").compactMap(Self.branch)
        }
    }

    /// Reads a line such as `51a43c:  call  c8e160 <swift_retain>`; nil for what is no jump and no call.
    private static func branch(_ line: Substring) -> Branch? {
        guard line.utf8.first == UInt8(ascii: " ") else { return nil }
        var words = line.split(maxSplits: 2, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
        guard words.count == 3, let at = UInt64(words[0].dropLast(), radix: 16) else { return nil }
        if words[1] == "notrack" || words[1] == "bnd" {
            let rest = words[2].split(maxSplits: 1) { $0 == " " || $0 == "\t" }
            guard rest.count == 2 else { return nil }
            words = [words[0], rest[0], rest[1]]
        }
        let (operation, operand) = (words[1], words[2])
        let isCall = operation.hasPrefix("call") || operation == "bl" || operation == "blr"
        let isJump = operation.hasPrefix("j") || operation == "b" || operation.hasPrefix("b.")
            || operation.hasPrefix("cb") || operation.hasPrefix("tb")
        guard isCall || isJump else { return nil }
        guard let bracket = operand.lastIndex(of: "<"), operand.last == ">", !operand.contains("*") else {
            // A jump through a register is a table of a function's own.
            return isCall ? Branch(at: at, target: nil, name: String(operand)) : nil
        }
        let name = operand[operand.index(after: bracket)...].dropLast()
        let target = operand[..<bracket].split { $0 == " " || $0 == "," }.last.flatMap { UInt64($0, radix: 16) }
        return Branch(at: at, target: target, name: String(name))
    }

    /// Functions whose symbols a test recognises.
    func names(_ isWanted: (String) -> Bool) -> [String] { functions.map(\.name).filter(isWanted) }

    /// Everything that is called from these functions and from all they call within the rooms, and is outside of them; by
    /// name, with the first caller that was found. A call whose target is not in the code is `indirect`.
    func callsOut(of roots: [String]) -> [String: String] {
        var found: [String: String] = [:]
        var seen: Set<UInt64> = []
        var waiting = functions.filter { roots.contains($0.name) }
        while let function = waiting.popLast() {
            guard seen.insert(function.start).inserted else { continue }
            for branch in branches[index(function.start)..<index(function.end)] {
                guard let target = branch.target else {
                    found["indirect \(branch.name)"] = function.name
                    continue
                }
                if target >= function.start && target < function.end { continue }
                if let inside = self.function(at: target, named: branch.name) {
                    waiting.append(inside)
                } else {
                    found[String(branch.name.prefix { $0 != "@" })] = function.name
                }
            }
        }
        return found
    }

    /// The first branch at or behind an address.
    private func index(_ address: UInt64) -> Int {
        var (low, high) = (0, branches.count)
        while low < high {
            let middle = (low + high) / 2
            if branches[middle].at < address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The function of the rooms at an address. Code behind the end of one has lost its symbol in linking, and is taken
    /// to reach to the next one.
    private func function(at address: UInt64, named name: String) -> Function? {
        guard let position = functions.lastIndex(where: { $0.start <= address }) else { return nil }
        if address < functions[position].end { return functions[position] }
        guard name.contains("+"), position + 1 < functions.count else { return nil }
        return Function(name: name, start: address, end: functions[position + 1].start)
    }
}
