#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Plain threads of the system, never those of Swift concurrency.
enum SystemThread {
    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Parameters:
    ///   - stackSize: bytes.
    ///   - isNice: leaves most of a busy CPU to the threads that compute.
    /// - Returns: false when the system has no thread left.
    static func start(
        stackSize: Int = 1 << 20, isNice: Bool = false, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        let box = Box {
            if isNice { beNice() }
            body()
        }
        let argument = unsafe Unmanaged.passRetained(box)
        #if canImport(Darwin)
            var thread: pthread_t?
            let isStarted =
                pthread_create(
                    &thread, &attributes,
                    { argument in
                        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                        return nil
                    }, argument.toOpaque()) == 0
        #else
            var thread = pthread_t()
            let isStarted =
                unsafe pthread_create(
                    &thread, &attributes,
                    { argument in
                        unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                        return nil
                    }, unsafe argument.toOpaque()) == 0
        #endif
        if !isStarted { unsafe argument.release() }
        return isStarted
    }

    /// Leaves most of a busy CPU to others. On Linux a priority is the thread's own.
    private static func beNice() {
        #if canImport(Glibc)
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #elseif canImport(Musl)
            setpriority(PRIO_PROCESS, 0, 5)
        #endif
    }
}
