/// Recognition of a model's Jinja template among known ones.
public enum KnownTemplates {
    /// The farthest that a template may be from a known one, in edits, to be taken for it.
    static let farthest = 99

    /// Name of the candidate with the smallest Levenshtein distance below 100; nil if none is.
    ///
    /// - Complexity: O(length * 200) for each candidate.
    public static func nearest(
        to template: String, in candidates: [(name: String, template: String)]
    ) -> String? {
        let scalars = Array(template.unicodeScalars)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let limit = (best?.distance ?? farthest + 1) - 1
            let other = Array(candidate.template.unicodeScalars)
            if let distance = distance(scalars, other, atMost: limit) {
                best = (candidate.name, distance)
            }
        }
        return best?.name
    }

    /// Levenshtein distance, computed only in the band of the table that can stay in the limit.
    static func distance(
        _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], atMost limit: Int
    ) -> Int? {
        guard limit >= 0, abs(left.count - right.count) <= limit else { return nil }
        let far = limit + 1
        var previous = (0...right.count).map { min($0, far) }
        var current = [Int](repeating: far, count: right.count + 1)
        for row in 0..<left.count {
            let low = max(0, row - limit)
            let high = min(right.count, row + limit + 2)
            current[low] = low == 0 ? min(row + 1, far) : far
            var best = current[low]
            for column in low..<min(high, right.count) {
                let substitution = previous[column] + (left[row] == right[column] ? 0 : 1)
                let edits = min(substitution, previous[column + 1] + 1, current[column] + 1)
                current[column + 1] = min(edits, far)
                best = min(best, edits)
            }
            if high < right.count { current[high + 1] = far }
            if best > limit { return nil }
            swap(&previous, &current)
        }
        return previous[right.count] <= limit ? previous[right.count] : nil
    }
}
