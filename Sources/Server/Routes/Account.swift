import API
import Hummingbird

/// Accounts belong to the cloud; without one the answers are those of a machine that is offline.
enum Account {
    static var routes: [Route] {
        [
            Route(.post, "/api/me") { _ in throw APIError(503, "account unavailable") },
            Route(.post, "/api/signout") { _ in throw signOutFailed },
            Route(.delete, "/api/user/keys/:encodedKey") { _ in throw signOutFailed },
        ]
    }

    private static let signOutFailed = APIError(500, "there was an error signing out")
}
