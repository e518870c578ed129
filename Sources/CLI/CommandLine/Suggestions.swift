/// Names near a mistyped one: at most two edits away, or beginning with it; case does not count.
func suggestions(for typed: String, among names: [String]) -> [String] {
    let lowered = typed.lowercased()
    return names.filter { name in
        editDistance(Array(lowered.utf8), Array(name.lowercased().utf8)) <= 2
            || name.lowercased().hasPrefix(lowered)
    }
}

/// Levenshtein distance: insertions, deletions and replacements.
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
            diagonal = above
        }
    }
    return row[b.count]
}
