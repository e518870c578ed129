public import Foundation

/// Where the golden data of the reference implementations lies, when it is there.
///
/// Tests over it are disabled by name where it is missing: `@Test(.enabled(if: Golden.isPresent))`.
public enum Golden {
    /// `fixtures` of the folder `shared` beside the package; nil where it is missing.
    public static let root: URL? = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        for _ in 0..<2 { folder.deleteLastPathComponent() }
        let fixtures = folder.deletingLastPathComponent().appending(path: "shared/fixtures")
        return FileManager.default.fileExists(atPath: fixtures.path) ? fixtures : nil
    }()

    public static var isPresent: Bool { root != nil }

    /// A file below the fixtures folder.
    public static func url(_ path: String) -> URL {
        root!.appending(path: path)
    }

    public static func data(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: url(path)))
    }
}
