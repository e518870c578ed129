import CKernels
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fixed team of compute threads; the thread that calls ``run(tasks:_:)`` is its first member.
///
/// Who waits for others, or for the next region, meanwhile asks for the memory that its next task
/// begins with (``Stretches``): it would be idle otherwise.
///
/// Between regions the others spin for some 200 microseconds, so that the next region of the same
/// step starts within a microsecond, and then sleep, so that an idle server takes no CPU. They are
/// plain threads, never those of Swift concurrency.
///
/// Driven by one thread at a time; not Sendable.
final class WorkerTeam {
    /// Members, the driver included.
    let count: Int
    private let shared: Shared

    /// What the threads share.
    ///
    /// Each word that is written often has a cache line of its own.
    @safe
    private final class Shared: @unchecked Sendable {
        // Sendable: the driver writes `job`, `tasks`, `members` and `ahead` while no region is open and
        // no worker is in one; workers read them only inside.

        /// Number of the region, whether it is closed, and how many workers are in it.
        ///
        /// A worker that wakes too late finds the region closed and is not waited for: on a busy
        /// machine that is the difference between a slow step and a stalled one.
        let region = Atomic<UInt64>(Shared.closed)
        private let padding0 = CacheLine()
        /// Per member: the next task of its share.
        let next: UnsafeMutablePointer<Counter>
        let count: Int
        let sleepers = Atomic<Int>(0)
        var job: UnsafeRawPointer?
        var tasks = 0
        var members = 1
        var ahead = Stretches()
        let stopping = Atomic<Bool>(false)
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        static let closed: UInt64 = 1 << 31
        static let workers: UInt64 = closed - 1
        static func number(_ region: UInt64) -> UInt64 { region >> 32 }

        init(count: Int) {
            self.count = count
            unsafe next = .allocate(capacity: count)
            for member in 0..<count { unsafe (next + member).initialize(to: Counter()) }
            unsafe pthread_mutex_init(mutex, nil)
            unsafe pthread_cond_init(condition, nil)
        }

        deinit {
            unsafe pthread_cond_destroy(condition)
            unsafe pthread_mutex_destroy(mutex)
            unsafe next.deinitialize(count: count)
            unsafe next.deallocate()
            unsafe condition.deallocate()
            unsafe mutex.deallocate()
        }
    }

    private struct Counter: ~Copyable {
        let task = Atomic<Int>(0)
        private let padding = CacheLine()
    }

    private struct CacheLine {
        var words: InlineArray<15, UInt64> = .init(repeating: 0)
    }

    private struct Member {
        let shared: Shared
        let index: Int
    }

    /// What members will read next: each its share of some memory, in order.
    @safe
    struct Stretches {
        /// The first member's share; nil where nothing is known.
        var base: UnsafeRawPointer?
        /// Bytes from one share to the next.
        var share = 0
        /// Pages whose lines are asked for in turn.
        var pages = 1

        /// As much as the second cache of any processor has room for, beside what the present region
        /// left there.
        static let most = 256 << 10

        /// Where a member's share begins.
        func begin(of member: Int) -> UnsafeRawPointer? {
            guard let base = unsafe base else { return nil }
            return unsafe base + member * share
        }

        /// A member's share, which it asks for line by line.
        fileprivate func lines(of member: Int) -> Lines {
            unsafe Lines(
                begin: begin(of: member), end: min(share, Stretches.most) / 64,
                pages: pages)
        }

        /// The lines of whole windows of pages, those of each in turn, as kernels ask for them; then the
        /// rest in order.
        @safe
        fileprivate struct Lines {
            private let begin: UnsafeRawPointer?
            private let end: Int
            private let pages: Int
            private let window: Int  // lines
            private var first = 0  // line of the window
            private var next = 0

            private static let page = 64  // lines

            init(begin: UnsafeRawPointer?, end: Int, pages: Int) {
                unsafe self.begin = unsafe begin
                self.end = end
                self.pages = pages
                window = pages * Self.page
            }

            @inline(__always)
            mutating func ask() {
                guard first + next < end, let begin = unsafe begin else { return }
                var line = first + next
                if first + window <= end {
                    line = first + next % pages * Self.page + next / pages
                }
                unsafe ck_prefetch(begin + line * 64)
                next += 1
                if next == window { (first, next) = (first + window, 0) }
            }
        }
    }

    private typealias Body = (_ task: Int, _ member: Int) -> Void

    /// A task takes its number and the member that runs it.
    init(count wanted: Int) {
        let shared = Shared(count: max(1, wanted))
        var started = 1
        for index in 1..<max(1, wanted) {
            let member = Member(shared: shared, index: index)
            // Kernels keep rows on the stack.
            guard SystemThread.start(stackSize: 1 << 20, { WorkerTeam.live(member) }) else { break }
            started += 1
        }
        self.shared = shared
        count = started
        shared.members = started
    }

    deinit {
        shared.stopping.store(true, ordering: .sequentiallyConsistent)
        openRegion()
    }

    /// Runs tasks 0 ..< `tasks` on all members and returns when all are done.
    ///
    /// Each member has a share of neighbouring tasks, so that it reads memory in one stream;
    /// whoever is done with its own takes from the others', so slow or disturbed CPUs do less.
    ///
    /// - Parameter ahead: what the tasks of a later region will read; nil where that is as before.
    /// - Complexity: about a microsecond besides the tasks.
    func run(
        tasks: Int, ahead: Stretches? = nil, _ body: (_ task: Int, _ member: Int) -> Void
    ) {
        if count == 1 || tasks <= 1 {
            for task in 0..<max(0, tasks) { body(task, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            unsafe withUnsafePointer(to: body) { pointer in
                let job = unsafe UnsafeRawPointer(pointer)
                unsafe shared.job = unsafe job
                shared.tasks = tasks
                if let ahead { shared.ahead = ahead }
                for member in 0..<count {
                    unsafe shared.next[member].task.store(
                        tasks * member / count, ordering: .relaxed)
                }
                openRegion()
                unsafe WorkerTeam.work(shared, job, tasks, 0, of: count)
                shared.region.bitwiseOr(Shared.closed, ordering: .acquiringAndReleasing)
                var spins = 0
                var lines = shared.ahead.lines(of: 0)
                while shared.region.load(ordering: .acquiring) & Shared.workers != 0 {
                    spins += 1
                    lines.ask()
                    // A worker that lost its CPU needs it more than this loop does.
                    if spins > 20_000 { sched_yield() }
                }
                unsafe shared.job = nil
            }
        }
    }

    private func openRegion() {
        let number = Shared.number(shared.region.load(ordering: .relaxed)) &+ 1
        shared.region.store(number << 32, ordering: .sequentiallyConsistent)
        if shared.sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            unsafe pthread_mutex_lock(shared.mutex)
            unsafe pthread_cond_broadcast(shared.condition)
            unsafe pthread_mutex_unlock(shared.mutex)
        }
    }

    private static func live(_ member: Member) {
        let shared = member.shared
        var seen: UInt64 = 0
        var ahead = Stretches()
        while true {
            waitForRegion(shared, after: seen, ahead.lines(of: member.index))
            var region = shared.region.load(ordering: .acquiring)
            seen = Shared.number(region)
            if shared.stopping.load(ordering: .sequentiallyConsistent) { return }
            while Shared.number(region) == seen, region & Shared.closed == 0 {
                let (entered, found) = shared.region.weakCompareExchange(
                    expected: region, desired: region + 1, ordering: .acquiring)
                if !entered {
                    region = found
                    continue
                }
                if let job = unsafe shared.job {
                    unsafe work(shared, job, shared.tasks, member.index, of: shared.members)
                    ahead = shared.ahead
                }
                shared.region.wrappingSubtract(1, ordering: .releasing)
                break
            }
        }
    }

    /// Returns once another region than `seen` is there: spins first, then sleeps.
    private static func waitForRegion(
        _ shared: Shared, after seen: UInt64, _ ahead: Stretches.Lines
    ) {
        var lines = ahead
        let limit = nanoseconds() + 200_000
        repeat {
            for _ in 0..<64 {
                if Shared.number(shared.region.load(ordering: .acquiring)) != seen { return }
                lines.ask()
            }
        } while nanoseconds() < limit

        shared.sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        unsafe pthread_mutex_lock(shared.mutex)
        while Shared.number(shared.region.load(ordering: .sequentiallyConsistent)) == seen {
            unsafe pthread_cond_wait(shared.condition, shared.mutex)
        }
        unsafe pthread_mutex_unlock(shared.mutex)
        shared.sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }

    /// Its own frame, so that nothing of the closure outlives the region.
    @inline(never)
    private static func work(
        _ shared: Shared, _ job: UnsafeRawPointer, _ tasks: Int, _ member: Int, of count: Int
    ) {
        let body = unsafe job.assumingMemoryBound(to: Body.self)
        for distance in 0..<count {
            let victim = (member + distance) % count
            let end = tasks * (victim + 1) / count
            while true {
                let task = unsafe shared.next[victim].task.wrappingAdd(1, ordering: .relaxed)
                    .oldValue
                if task >= end { break }
                unsafe body.pointee(task, member)
            }
        }
    }

    private static func nanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
