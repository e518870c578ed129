import Engine
import Testing

@testable import CLI

@Suite("APUS_ISA")
struct InstructionSetTests {
    @Test("names an instruction set of this processor or is refused")
    func check() throws {
        for set in InstructionSet.available {
            try CommandLineTool.checkInstructionSet(set.description)
        }
        try CommandLineTool.checkInstructionSet(nil)
        try CommandLineTool.checkInstructionSet("")
        #expect(throws: CommandError.self) { try CommandLineTool.checkInstructionSet("mmx") }
    }
}
