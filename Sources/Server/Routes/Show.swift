import API
import GGUF
import Hummingbird
import ModelStore
import Serving

/// `POST /api/show`.
enum Show {
    static var routes: [Route] {
        [Route(.post, "/api/show", answer)]
    }

    @Sendable private static func answer(_ exchange: Exchange) async throws -> Response {
        let request = try ShowRequest(body: await exchange.json())
        let services = exchange.services
        guard !request.requestedModel.trimmingSpaces.isEmpty else {
            throw APIError(400, "model is required")
        }
        let reference = try ModelReference(
            request.requestedModel, store: services.store,
            part: "remote model details are unavailable")
        let agent = exchange.request.headers[.userAgent] ?? ""
        let response = try await Blocking.run {
            var response = try describe(reference.name, request, services)
            if agent.utf8.starts(with: "GitHubCopilotChat/".utf8) {
                // That client takes this key for the name to ask for.
                response.modelInfo["general.basename"] = .string(request.requestedModel)
                response.modelInfo.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            }
            return response
        }
        return Reply.json(response.json)
    }

    private static func describe(
        _ name: ModelName, _ request: ShowRequest, _ services: Services
    ) throws -> ShowResponse {
        let model: StoredModel
        do throws(StoreError) {
            model = try services.store.model(name)
        } catch {
            throw error.code == .notFound
                ? APIError(404, "model '\(name.display)' not found") : error.asAPIError
        }
        var response = ShowResponse()
        response.license = model.licenses.joined(separator: "\n")
        let system = request.system.isEmpty ? model.system : request.system
        response.modelfile = Modelfile.text(
            of: model, store: services.store,
            system: request.system.isEmpty ? nil : request.system,
            parameters: request.options.isEmpty ? nil : request.options)
        response.parameters = parameterLines(model.parameters)
        response.template = services.scheduler.shownTemplate(of: model)
        response.system = system
        response.details = services.store.details(of: model).summary
        response.details.contextLength = 0
        response.details.embeddingLength = 0
        response.messages = model.messages.map { Message(role: $0.role, content: $0.content) }
        response.remoteModel = model.config.remoteModel
        response.remoteHost = model.config.remoteHost
        response.capabilities = services.scheduler.capabilities(of: model)
        response.modifiedAt = Timestamp(secondsSince1970: model.modified).local
        response.requires = model.config.requires
        response.thinksByDefault = model.config.thinksByDefault
        if let weights = model.weights {
            let file = try open(weights)
            response.modelInfo = ModelInfo.members(of: file, verbose: request.verbose)
            response.tensors = file.tensors.map {
                ShownTensor(name: $0.name, type: $0.type.description, shape: $0.dimensions)
            }
        }
        if let path = model.projectorPaths.first {
            response.projectorInfo = ModelInfo.members(of: try open(.file(path)), verbose: request.verbose)
        }
        return response
    }

    private static func open(_ weights: WeightSource) throws(APIError) -> GGUFFile {
        do throws(GGUFError) {
            return try weights.open()
        } catch {
            throw APIError(500, error.description)
        }
    }

    /// One line a value: the key in 30 columns, then the value; texts between quotes.
    static func parameterLines(_ parameters: JSONObject) -> String {
        var lines: [String] = []
        for key in parameters.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let value = parameters[key]!
            for element in value.array ?? [value] {
                let padding = String(repeating: " ", count: max(0, 30 - key.unicodeScalars.count))
                lines.append("\(key)\(padding) \(text(of: element))")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func text(of value: JSONValue) -> String {
        switch value {
        case .string(let string): GoQuote.quoted(string)
        case .number(let number):
            number.integer.map(String.init) ?? JSONNumber(number.double).literal
        case .null: "<nil>"
        default: value.serialized
        }
    }
}

/// The metadata of a model file as show prints it.
enum ModelInfo {
    /// Texts of their own elsewhere in the answer.
    private static let hidden: Set<String> = ["general.name", "tokenizer.chat_template"]

    /// The pairs sorted by key.
    ///
    /// Arrays are printed with `verbose` only; otherwise those that hold anything
    /// become null, so that vocabularies stay out of every answer.
    static func members(of file: GGUFFile, verbose: Bool) -> JSONObject {
        var members = JSONObject()
        for key in file.metadata.keys where !hidden.contains(key) {
            guard let value = file.metadata[key] else { continue }
            members[key] = json(value, verbose: verbose)
        }
        let count = file.tensors.reduce(0) { $0 &+ $1.elementCount }
        members["general.parameter_count"] = .integer(count)
        members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return members
    }

    private static func json(_ value: MetadataValue, verbose: Bool) -> JSONValue {
        switch value {
        case .uint8(let number): .integer(Int(number))
        case .int8(let number): .integer(Int(number))
        case .uint16(let number): .integer(Int(number))
        case .int16(let number): .integer(Int(number))
        case .uint32(let number): .integer(Int(number))
        case .int32(let number): .integer(Int(number))
        case .uint64(let number): .number(JSONNumber(number))
        case .int64(let number): .integer(Int(number))
        case .float32(let number): .number(JSONNumber(number))
        case .float64(let number): .number(JSONNumber(number))
        case .bool(let flag): .bool(flag)
        case .string(let text): .string(text)
        case .array(let array): verbose || array.count == 0 ? json(array) : .null
        }
    }

    private static func json(_ array: MetadataArray) -> JSONValue {
        switch array {
        case .uint8(let values): integers(values)
        case .int8(let values): integers(values)
        case .uint16(let values): integers(values)
        case .int16(let values): integers(values)
        case .uint32(let values): integers(values)
        case .int32(let values): integers(values)
        case .uint64(let values): integers(values)
        case .int64(let values): integers(values)
        case .float32(let values): .array(values.map { .number(JSONNumber($0)) })
        case .float64(let values): .array(values.map { .number(JSONNumber($0)) })
        case .bool(let values): .array(values.map { .bool($0) })
        case .strings(let values): .array(values.map { .string($0) })
        case .arrays(let values): .array(values.map(json))
        }
    }

    private static func integers(_ values: [some BinaryInteger]) -> JSONValue {
        .array(values.map { .number(JSONNumber($0)) })
    }
}
