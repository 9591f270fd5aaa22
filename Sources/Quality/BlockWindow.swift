// SPDX-License-Identifier: GPL-2.0-or-later

/// A sliding window of sums, one for each block of seconds. Blocks without a sample use no memory.
///
/// The last block is incomplete, so the window covers at least `blockCount - 1` blocks and a second, and at most
/// `blockCount` blocks.
struct BlockWindow {
    struct Block {
        /// The number of the block, which begins at second `number * blockSeconds`.
        var number: Int64
        var tally = Tally()
    }

    let blockSeconds: Int64
    let blockCount: Int
    /// The blocks, oldest first.
    private(set) var blocks: [Block] = []

    init(blockSeconds: Int64, blockCount: Int) {
        self.blockSeconds = blockSeconds
        self.blockCount = blockCount
    }

    /// Adds a sample. One that is older than the newest block is added to that block.
    mutating func add(_ sample: SecondSample) {
        let number = sample.second / blockSeconds
        if number > blocks.last?.number ?? .min {
            blocks.removeAll { $0.number <= number - Int64(blockCount) }
            blocks.append(Block(number: number))
        }
        blocks[blocks.count - 1].tally.add(sample)
    }

    /// Returns the sum of the last `count` blocks up to `second`, and the first second they cover.
    func sum(ofLast count: Int, at second: Int64) -> (tally: Tally, from: Int64) {
        let newest = second / blockSeconds
        let oldest = newest - Int64(count) + 1
        var tally = Tally()
        for block in blocks where (oldest...newest).contains(block.number) { tally.add(block.tally) }
        return (tally, oldest * blockSeconds)
    }
}
