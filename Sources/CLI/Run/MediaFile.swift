import FoundationEssentials
import ModelStore

/// An image or a sound that a prompt names by its path.
struct MediaFile: Sendable, Equatable {
    enum Kind: String, Sendable { case image, audio }

    /// Largest file that is sent.
    static let sizeLimit = 100 << 20

    var path: String
    var kind: Kind
    var bytes: [UInt8]

    var base64: String { Data(bytes).base64EncodedString() }

    /// Takes the media files out of a prompt: paths that begin with `./`, `/` or `\`, end in
    /// `.jpg`, `.jpeg`, `.png`, `.webp` or `.wav` and exist.
    ///
    /// What does not exist stays in the text.
    ///
    /// - Throws: ``CommandError`` for a file that is there but cannot be used.
    static func extract(
        from prompt: String, read: (String) throws -> [UInt8]? = MediaFile.read
    ) throws -> (prompt: String, files: [MediaFile]) {
        var text = prompt
        var files: [MediaFile] = []
        for candidate in candidates(in: prompt) {
            let path = unescaped(candidate)
            guard let bytes = try read(path) else { continue }
            guard let kind = kind(of: bytes) else {
                throw CommandError("Couldn't process file: \"invalid file type: \(path)\"")
            }
            files.append(MediaFile(path: path, kind: kind, bytes: bytes))
            text = removing("'" + candidate + "'", from: text)
            text = removing(candidate, from: text)
        }
        return (files.isEmpty ? text : trimmedBlanks(text), files)
    }

    private static let endings = [".jpg", ".jpeg", ".png", ".webp", ".wav"]

    /// Shortest stretches without blanks (escaped ones count as text) from a path's beginning to one
    /// of the endings.
    static func candidates(in text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var found: [String] = []
        var index = 0
        while index < scalars.count {
            guard let length = match(scalars, at: index) else {
                index += 1
                continue
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[index..<index + length])
            found.append(String(view))
            index += length
        }
        return found
    }

    private static func match(_ scalars: [Unicode.Scalar], at start: Int) -> Int? {
        var index = start
        // A drive letter may come first.
        if index + 1 < scalars.count, scalars[index].properties.isAlphabetic,
            scalars[index].isASCII,
            scalars[index + 1] == ":"
        {
            index += 2
        }
        guard index < scalars.count else { return nil }
        if scalars[index] == ".", index + 1 < scalars.count, scalars[index + 1] == "/" {
            index += 2
        } else if scalars[index] == "/" || scalars[index] == "\\" {
            index += 1
        } else {
            return nil
        }
        let body = index
        while index < scalars.count {
            if scalars[index] == "\\", index + 1 < scalars.count {
                index += 2
            } else if scalars[index].properties.isWhitespace {
                return nil
            } else {
                index += 1
            }
            if index > body {
                for ending in endings where index - body > ending.count {
                    let tail = scalars[(index - ending.count)..<index]
                    let isEnding = zip(tail, ending.unicodeScalars).allSatisfy {
                        $0.properties.lowercaseMapping == String($1)
                    }
                    let next = index < scalars.count ? scalars[index] : " "
                    if isEnding, !next.properties.isAlphabetic, !("0"..."9").contains(next),
                        next != "_"
                    {
                        return index - start
                    }
                }
            }
        }
        return nil
    }

    /// Undoes the escapes with which shells and terminals paste paths.
    static func unescaped(_ path: String) -> String {
        let special: Set<Unicode.Scalar> = [
            " ", "(", ")", "[", "]", "{", "}", "$", "&", ";", "'", "\\", "*", "?", "~",
        ]
        var out = String.UnicodeScalarView()
        var scalars = path.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if scalar == "\\", let next = scalars.first, special.contains(next) {
                out.append(next)
                scalars.removeFirst()
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    private static func removing(_ part: String, from text: String) -> String {
        var rest = Array(text.utf8)
        let pattern = Array(part.utf8)
        while pattern.count <= rest.count,
            let start = (0...(rest.count - pattern.count)).first(where: {
                rest[$0..<$0 + pattern.count].elementsEqual(pattern)
            })
        {
            rest.removeSubrange(start..<start + pattern.count)
        }
        return String(decoding: rest, as: UTF8.self)
    }

    private static func read(_ path: String) throws -> [UInt8]? {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder else {
            return nil
        }
        if let size = FileOperations.status(path)?.size, size > sizeLimit {
            throw CommandError("Couldn't process file: \"file size exceeds maximum limit (100MB)\"")
        }
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandError("Couldn't process file: \"open \(path): cannot be read\"")
        }
    }

    private static func kind(of bytes: [UInt8]) -> Kind? {
        func has(_ text: String, at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: text.utf8)
        }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .image }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .image }
        if has("RIFF"), has("WEBP", at: 8) { return .image }
        if has("RIFF"), has("WAVE", at: 8) { return .audio }
        return nil
    }
}
