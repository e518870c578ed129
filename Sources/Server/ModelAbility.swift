import ModelStore
import Serving

extension Exchange {
    /// Whether the model of that name has an ability, as `show` lists them; nil where there is no
    /// such model.
    ///
    /// - Throws: what the model's name refuses.
    func model(_ name: String, can ability: String) async throws -> Bool? {
        let services = services
        let reference = try ModelReference(name, store: services.store)
        return try await Blocking.run {
            guard let model = try? services.store.model(reference.name) else { return nil }
            return services.scheduler.capabilities(of: model).contains(ability)
        }
    }
}
