import NIOPosix

/// Work that waits for disks, off the threads that tasks share.
enum Blocking {
    static func run<T: Sendable>(_ work: @Sendable @escaping () throws -> T) async throws -> T {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}
