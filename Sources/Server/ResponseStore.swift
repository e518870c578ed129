import API
import Synchronization

/// Answers of `POST /v1/responses` that later requests may go on from, in memory only.
///
/// Holds at most `maxCount` answers and about `maxBytes` bytes of them; the least recently used go
/// first, all go with the process. A request with `store` false leaves nothing here.
final class ResponseStore: Sendable {
    struct Entry: Sendable {
        /// As it was sent.
        var answer: JSONValue
        /// The turns up to and with the answer, without instructions.
        var conversation: [Message]
    }

    private struct Kept {
        var entry: Entry
        var size: Int
        var lastUse: UInt64
    }

    private struct State {
        var kept: [String: Kept] = [:]
        var size = 0
        var uses: UInt64 = 0
    }

    private let maxCount: Int
    private let maxBytes: Int
    private let state = Mutex(State())

    init(maxCount: Int = 1024, maxBytes: Int = 64 << 20) {
        self.maxCount = maxCount
        self.maxBytes = maxBytes
    }

    /// The answer with this id; using it makes it young.
    subscript(_ id: String) -> Entry? {
        state.withLock { state in
            guard state.kept[id] != nil else { return nil }
            state.uses += 1
            state.kept[id]?.lastUse = state.uses
            return state.kept[id]?.entry
        }
    }

    /// - Returns: false when it is not there.
    func remove(_ id: String) -> Bool {
        state.withLock { state in
            guard let removed = state.kept.removeValue(forKey: id) else { return false }
            state.size -= removed.size
            return true
        }
    }

    /// Keeps an answer unless the request forbids it or it is larger than everything may be.
    func keep(_ request: ResponsesRequest, _ id: String, _ answer: JSONValue, _ message: Message) {
        guard request.isStored else { return }
        let conversation = request.history + request.input + [message]
        let size = answer.serializedBytes.count + conversation.reduce(0) { $0 + $1.storedSize }
        guard size <= maxBytes else { return }
        state.withLock { state in
            state.uses += 1
            state.kept[id] = Kept(
                entry: Entry(answer: answer, conversation: conversation), size: size,
                lastUse: state.uses)
            state.size += size
            while state.kept.count > maxCount || state.size > maxBytes,
                let oldest = state.kept.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.kept[oldest.key] = nil
                state.size -= oldest.value.size
            }
        }
    }

    var count: Int { state.withLock { $0.kept.count } }
}

extension Message {
    /// Bytes of its texts and pictures, about.
    fileprivate var storedSize: Int {
        128 + content.utf8.count + thinking.utf8.count + images.reduce(0) { $0 + $1.count }
            + toolCalls.reduce(0) {
                $0 + 128 + JSONValue.object($1.arguments).serializedBytes.count
            }
    }
}
