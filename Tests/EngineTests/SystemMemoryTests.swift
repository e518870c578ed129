import Testing

@testable import Engine

@Suite struct SystemMemoryTests {
    @Test("available memory is read from the system's table")
    func availableMemory() {
        let table = "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    2048 kB\n"
        #expect(SystemMemory.available(inMeminfo: table) == 2048 * 1024)
        #expect(SystemMemory.available(inMeminfo: "MemTotal: 1 kB\n") == nil)
        #if os(Linux)
            #expect((SystemMemory.available() ?? 0) > 1 << 20)
        #endif
    }
}
