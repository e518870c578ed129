import Testing

@testable import Engine

@Suite struct RowTasksTests {
    @Test(arguments: [1, 2, 3, 8])
    func `every row is in one task, cut where kernels can be`(_ members: Int) {
        for rows in [1, 15, 16, 17, 128, 896, 1000, 4864, 151_936] {
            for chunk in [1, 16, 100, 512, 2000] {
                for (unit, tapers) in [(16, true), (32, false), (32, true)] {
                    let tasks = RowTasks(
                        rows: rows, members: members, chunk: chunk, unit: unit, tapers: tapers)
                    var next = 0
                    for member in 0..<members {
                        #expect(tasks.range(of: member).lowerBound == next)
                        for index in 0..<tasks.perMember {
                            let range = tasks.range(member, index)
                            guard !range.isEmpty else { continue }
                            #expect(range.lowerBound == next)
                            #expect(range.lowerBound % unit == 0)
                            #expect(range.upperBound % unit == 0 || range.upperBound == rows)
                            #expect(range.count <= max(unit, chunk + unit - 1))
                            next = range.upperBound
                        }
                        #expect(tasks.range(of: member).upperBound == next)
                    }
                    #expect(next == rows)
                }
            }
        }
    }

    @Test func `members end with short tasks`() {
        let tasks = RowTasks(rows: 4864, members: 2, chunk: 304, unit: 16, tapers: true)
        let counts = (0..<tasks.perMember).map { tasks.range(0, $0).count }
        #expect(counts == [304, 304, 304, 304, 304, 304, 304, 144, 80, 32, 48])
        let even = RowTasks(rows: 4864, members: 2, chunk: 304, unit: 32, tapers: false)
        #expect(
            (0..<even.perMember).map { even.range(1, $0).count } == [
                320, 320, 320, 320, 320, 320, 320, 192,
            ])
    }

    @Test func `a chunk within a multiple of the unit is not exceeded`() {
        for most in [32, 64, 96, 256] {
            for rows in [100, 896, 4864] {
                let tasks = RowTasks(rows: rows, members: 3, chunk: most, unit: 32, tapers: false)
                #expect(tasks.chunk <= most)
            }
        }
    }
}
