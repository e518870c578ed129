/// Why one request of a transfer failed.
struct TransferFailure: Error, CustomStringConvertible {
    enum Kind: Equatable {
        /// The answer's status is 400 or more.
        case status(Int)
        /// No connection, a broken one, or one that is not understood.
        case transport
        /// No byte came for too long.
        case stalled
        /// The answer ended early or is for other bytes than were asked for.
        case wrongBytes
        /// The server sends whole blobs only.
        case rangesIgnored
        /// Trying again would not help: a refused redirect, say.
        case refused
    }
    var kind: Kind
    /// The text that a user sees.
    var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether the same request may succeed later.
    var isTransient: Bool {
        switch kind {
        case .status(let code): code >= 500 || code == 408 || code == 429
        case .transport, .stalled, .wrongBytes: true
        case .rangesIgnored, .refused: false
        }
    }

    var asStoreError: StoreError { StoreError(.io, description) }
}
