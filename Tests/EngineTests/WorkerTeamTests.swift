import Synchronization
import Testing

@testable import Engine

@Suite struct WorkerTeamTests {
    @Test("every task runs once, in many regions one after the other", arguments: [1, 2, 4])
    func regions(_ count: Int) {
        let team = WorkerTeam(count: count)
        #expect(team.count == count)
        for region in 0..<2000 {
            let tasks = region % 37
            let sum = Atomic<Int>(0)
            let members = Atomic<Int>(0)
            team.run(tasks: tasks) { task, member in
                sum.wrappingAdd(task + 1, ordering: .relaxed)
                if member < 0 || member >= count { members.wrappingAdd(1, ordering: .relaxed) }
            }
            #expect(sum.load(ordering: .relaxed) == tasks * (tasks + 1) / 2)
            #expect(members.load(ordering: .relaxed) == 0)
        }
    }

    @Test("asking for memory that is there, or not, changes nothing", arguments: [2, 4])
    func stretches(_ count: Int) {
        let team = WorkerTeam(count: count)
        let memory = [UInt8](repeating: 1, count: 1 << 20)
        memory.withUnsafeBytes { memory in
            // The last one is of no use: far beyond what any program has.
            let bases = unsafe [memory.baseAddress, nil, UnsafeRawPointer(bitPattern: 1 << 62)]
            for region in 0..<300 {
                let sum = Atomic<Int>(0)
                let ahead = unsafe WorkerTeam.Stretches(base: bases[region % 3], share: 100_000)
                team.run(tasks: 9, ahead: region % 2 == 0 ? ahead : nil) { task, _ in
                    sum.wrappingAdd(task, ordering: .relaxed)
                }
                #expect(sum.load(ordering: .relaxed) == 36)
            }
        }
    }

    @Test("wakes after a rest")
    func rest() async throws {
        let team = WorkerTeam(count: 3)
        for _ in 0..<5 {
            let sum = Atomic<Int>(0)
            team.run(tasks: 100) { _, _ in sum.wrappingAdd(1, ordering: .relaxed) }
            #expect(sum.load(ordering: .relaxed) == 100)
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("at least one CPU may be used")
    func processors() {
        #expect((1...4096).contains(ProcessorCount.usable))
    }
}
