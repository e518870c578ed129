import Dispatch
import Synchronization
import Testing

/// Runs a suite that computes for minutes on threads of its own.
///
/// The threads that tests share are as many as the processors. Tests that never wait would keep all of
/// them, and others would miss what they wait for: a download that stands still for half a minute has
/// failed. So processors are shared by the system instead.
struct ComputeThreads: SuiteTrait, TestScoping {
    fileprivate static let mark = DispatchSpecificKey<Bool>()

    private final class Threads: TaskExecutor {
        static let shared = Threads()
        private let queues = (0..<2).map { _ in
            let queue = DispatchQueue(label: "compute")
            queue.setSpecific(key: mark, value: true)
            return queue
        }
        private let turn = Atomic(0)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            let number = turn.add(1, ordering: .relaxed).newValue
            queues[number % queues.count].async {
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Threads.shared) { try await function() }
    }
}

extension Trait where Self == ComputeThreads {
    static var computeThreads: Self { Self() }
}

@Suite(.computeThreads) struct ComputeThreadsTests {
    private var isHere: Bool { DispatchQueue.getSpecific(key: ComputeThreads.mark) == true }

    @Test("each test of such a suite, and each of its arguments, runs there", arguments: 0..<3)
    func place(_ argument: Int) async {
        #expect(isHere)
        await Task.yield()
        #expect(isHere)
    }
}
