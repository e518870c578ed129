/// Where a model's matrices are while it is loaded.
public enum WeightPlacement: Sendable {
    /// In the mapped file: loads at once and shares memory with other processes.
    case mapped
    /// In the mapped file at first, so that the first answer need not wait; meanwhile they move to huge
    /// pages, where decoding is up to a third faster, when the system has at least twice their size
    /// to spare.
    case automatic
}
