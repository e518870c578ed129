import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Sits in every connection: tells running requests that the client has gone, and invites bodies
/// that wait for `100 Continue`.
///
/// A client that closes its end is seen at once, even while nothing is written, so that a
/// generation does not run on for nobody.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A wish to hear of the end, sent through the channel as an outbound event.
    enum Watch: Sendable {
        case add(id: ObjectIdentifier, AsyncStream<Void>.Continuation)
        case remove(id: ObjectIdentifier)
    }

    private var watchers: [ObjectIdentifier: AsyncStream<Void>.Continuation] = [:]
    private var hasEnded = false

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let watch = event as? Watch else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        switch watch {
        case .add(let id, let continuation):
            if hasEnded { continuation.finish() } else { watchers[id] = continuation }
        case .remove(let id): watchers[id] = nil
        }
        promise?.succeed(())
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end()
        context.fireErrorCaught(error)
    }

    private func end() {
        hasEnded = true
        for watcher in watchers.values { watcher.finish() }
        watchers = [:]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data),
            head.headerFields[.expect] == "100-continue"
        {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }
}

/// Waits for the end of a client's connection.
struct Disconnection: Sendable {
    let channel: any Channel

    /// Returns when the client has closed its end, or when the task is cancelled.
    func wait() async {
        final class Mark: Sendable {}
        let mark = Mark()
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let id = ObjectIdentifier(mark)
        channel.triggerUserOutboundEvent(
            ConnectionHandler.Watch.add(id: id, continuation), promise: nil)
        for await _ in stream {}
        channel.triggerUserOutboundEvent(ConnectionHandler.Watch.remove(id: id), promise: nil)
        withExtendedLifetime(mark) {}
    }

    /// Runs `operation`; its task is cancelled when the client goes.
    ///
    /// - Throws: what `operation` throws.
    func cancelling<T: Sendable>(
        _ operation: @Sendable @escaping () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                await wait()
                return nil
            }
            group.addTask { try await operation() }
            while let outcome = try await group.next() {
                group.cancelAll()
                // The watcher alone has ended: the operation ends soon, being cancelled.
                guard let value = outcome else { continue }
                return value
            }
            throw CancellationError()
        }
    }
}
