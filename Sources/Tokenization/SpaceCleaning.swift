/// The tidying that some families' libraries do after detokenizing (`clean_up_tokenization_spaces`).
enum SpaceCleaning {
    /// Removes blanks before `? ! . ,`, around a lone apostrophe, and before `'s 'm 're 've`.
    static func clean(_ bytes: [UInt8]) -> [UInt8] {
        let space = UInt8(ascii: " ")
        let apostrophe = UInt8(ascii: "'")
        var text = bytes
        var out: [UInt8] = []
        for (index, byte) in text.enumerated() {
            if index > 0, text[index - 1] == space, Array("?!.,".utf8).contains(byte) {
                out.removeLast()
            }
            out.append(byte)
        }
        text = out
        out = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            if index > 0, byte == apostrophe, index + 1 < text.count, text[index - 1] == space,
                text[index + 1] == space
            {
                // The apostrophe before may have taken the blank along.
                if out.last == space { out.removeLast() }
                index += 1
            }
            out.append(byte)
            index += 1
        }
        text = out
        out = []
        for (index, byte) in text.enumerated() {
            if index > 0, text[index - 1] == space, byte == apostrophe, index + 1 < text.count {
                let first = text[index + 1]
                let second = index + 2 < text.count ? text[index + 2] : 0
                let e = UInt8(ascii: "e")
                if first == UInt8(ascii: "s") || first == UInt8(ascii: "m")
                    || (second == e && (first == UInt8(ascii: "r") || first == UInt8(ascii: "v")))
                {
                    out.removeLast()
                }
            }
            out.append(byte)
        }
        return out
    }
}
