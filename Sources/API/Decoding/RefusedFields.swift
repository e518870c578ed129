extension APIError {
    /// Refuses members of a body that clients rely on and that cannot be honoured.
    ///
    /// What says nothing (null, false, an empty text, list or object) is no request for anything.
    ///
    /// - Parameter fields: names with what to do instead, or why there is no such thing.
    /// - Throws: status 400 with the first name and its reason.
    static func refuse(
        _ fields: [(name: String, reason: String)], in body: JSONValue
    ) throws(APIError) {
        for (name, reason) in fields {
            switch body[name] {
            case nil, .null?, false?, ""?, .array([])?: continue
            case .object(let members)? where members.isEmpty: continue
            case .some: throw APIError(400, "\(name) is not supported: \(reason)")
            }
        }
    }
}
