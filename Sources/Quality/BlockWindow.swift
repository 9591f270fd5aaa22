// SPDX-License-Identifier: GPL-2.0-or-later

/// The last few blocks of seconds, each block one sum. Blocks without a sample take no room.
///
/// A window made of blocks ends with one that is still filling up, so it covers between `blockCount - 1` blocks and
/// a second, and `blockCount` blocks.
struct BlockWindow {
    struct Block {
        /// Begins at second `number * blockSeconds`.
        var number: Int64
        var tally = Tally()
    }

    let blockSeconds: Int64
    let blockCount: Int
    /// Oldest first.
    private(set) var blocks: [Block] = []

    init(blockSeconds: Int64, blockCount: Int) {
        self.blockSeconds = blockSeconds
        self.blockCount = blockCount
    }

    /// A sample older than the newest block counts into that block.
    mutating func add(_ sample: SecondSample) {
        let number = sample.second / blockSeconds
        if number > blocks.last?.number ?? .min {
            blocks.removeAll { $0.number <= number - Int64(blockCount) }
            blocks.append(Block(number: number))
        }
        blocks[blocks.count - 1].tally.add(sample)
    }

    /// The sum of the last `count` blocks up to `second`, and the first second they cover.
    func sum(ofLast count: Int, at second: Int64) -> (tally: Tally, from: Int64) {
        let newest = second / blockSeconds
        let oldest = newest - Int64(count) + 1
        var tally = Tally()
        for block in blocks where (oldest...newest).contains(block.number) { tally.add(block.tally) }
        return (tally, oldest * blockSeconds)
    }
}
