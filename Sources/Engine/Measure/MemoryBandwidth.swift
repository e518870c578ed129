import CKernels
import Synchronization
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the machine's memory delivers: the line that decoding cannot pass.
public enum MemoryBandwidth {
    /// Bytes per second that all threads together read from memory, the best of several passes
    /// over 512 MiB, in ascending order and with the lines of eight pages in turn.
    ///
    /// - Parameter threads: 0: the CPUs this process may use.
    /// - Throws: ``EngineError`` `outOfMemory`.
    public static func measure(threads: Int = 0) throws(EngineError) -> Double {
        let size = 512 << 20
        let chunk = 1 << 20
        let memory = try Memory(byteCount: size, for: "memory measurement")
        let team = WorkerTeam(count: threads == 0 ? ProcessorCount.usable : threads)
        let base = unsafe memory.base
        let read = unsafe ck_ops_for(InstructionSet.best.isa)!.pointee.read_bytes!
        let sum = Atomic<UInt64>(0)
        team.run(tasks: size / chunk) { task, _ in
            unsafe memset(base + task * chunk, Int32(task & 255), chunk)
        }
        var best = 0.0
        for pass in 0..<10 {
            // In which order memory delivers most differs from processor to processor.
            let pages = pass % 2 == 0 ? 1 : 8
            let start = ContinuousClock.now
            team.run(tasks: size / chunk) { task, _ in
                unsafe sum.wrappingAdd(read(base + task * chunk, chunk, pages), ordering: .relaxed)
            }
            let time = (ContinuousClock.now - start) / .seconds(1)
            best = max(best, Double(size) / time)
        }
        // The sum is used, so the reads are made.
        return sum.load(ordering: .relaxed) == .max ? best.nextDown : best
    }
}
