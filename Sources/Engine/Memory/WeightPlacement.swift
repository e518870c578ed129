/// Where a model's matrices are while it is loaded.
public enum WeightPlacement: Sendable {
    /// In the mapped file: loads at once and shares memory with other processes.
    case mapped
    /// In huge pages before the model can be used: decodes up to a third faster. In the mapped file
    /// where memory or the system does not allow them.
    case hugePages
    /// In the mapped file at first, so that the first answer need not wait; they move to huge pages
    /// meanwhile when the system has at least twice their size to spare.
    case automatic
}
