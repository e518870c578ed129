import Foundation

extension TinyModel {
    /// The model's file in memory that is never freed, as embedded data is.
    public static func staticBytes(seed: UInt64 = 1) throws -> UnsafeRawBufferPointer {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "apus-tiny-\(UUID().uuidString).gguf")
        defer { try? FileManager.default.removeItem(at: url) }
        try write(to: url, seed: seed)
        let data = try Data(contentsOf: url)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 64)
        memory.copyBytes(from: data)
        return UnsafeRawBufferPointer(memory)
    }
}
