/// The generator MT19937 of Matsumoto and Nishimura (1998).
struct MersenneTwister {
    private var state: [UInt32]
    private var index = 624

    init(seed: UInt32) {
        var state: [UInt32] = [seed]
        state.reserveCapacity(624)
        for i in 1..<UInt32(624) {
            let last = state[Int(i) - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ i)
        }
        self.state = state
    }

    mutating func next() -> UInt32 {
        if index == 624 { twist() }
        var y = state[index]
        index += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9d2c_5680
        y ^= (y << 15) & 0xefc6_0000
        return y ^ (y >> 18)
    }

    /// In [0, 1), from two draws: the low half first, as the C++ library does it.
    mutating func nextUnit() -> Double {
        let low = Double(next())
        let high = Double(next())
        let unit = (low + high * 4_294_967_296) / 18_446_744_073_709_551_616
        return min(unit, 1.0.nextDown)
    }

    private mutating func twist() {
        for i in 0..<624 {
            let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
            state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
        }
        index = 0
    }
}
