/// Evaluated arguments of a call, filter or test.
struct JinjaCall {
    var positional: [JinjaValue] = []
    var named: [String: JinjaValue] = [:]
    /// Names in order of writing.
    var order: [String] = []

    init(_ positional: [JinjaValue] = []) { self.positional = positional }

    /// The argument by place or name; nil when it is not given.
    func value(_ index: Int, _ name: String) -> JinjaValue? {
        index < positional.count ? positional[index] : named[name]
    }

    func text(_ index: Int, _ name: String, _ fallback: String) throws(TemplateError) -> String {
        switch value(index, name) {
        case nil: return fallback
        case .string(let text)?: return text
        case let other?:
            throw TemplateError(.execution, "\(name) must be str, not \(other.typeName)")
        }
    }

    /// Undefined by `None`.
    func optionalText(_ index: Int, _ name: String) throws(TemplateError) -> String? {
        if value(index, name)?.isNone == true { return nil }
        guard value(index, name) != nil else { return nil }
        return try text(index, name, "")
    }

    func integer(_ index: Int, _ name: String, _ fallback: Int) throws(TemplateError) -> Int {
        guard let value = value(index, name) else { return fallback }
        guard let number = value.wholeNumber else {
            throw TemplateError(.execution, "\(name) must be int, not \(value.typeName)")
        }
        return number
    }

    func flag(_ index: Int, _ name: String, _ fallback: Bool) -> Bool {
        value(index, name)?.isTrue ?? fallback
    }

    func required(_ index: Int, _ name: String) throws(TemplateError) -> JinjaValue {
        guard let value = value(index, name) else {
            throw TemplateError(.execution, "missing argument '\(name)'")
        }
        return value
    }

    /// The call without its first `count` positional arguments.
    func dropping(_ count: Int) -> JinjaCall {
        var rest = self
        rest.positional = Array(positional.dropFirst(count))
        return rest
    }
}
