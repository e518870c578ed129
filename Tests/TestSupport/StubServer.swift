import NIOCore
public import NIOHTTP1
import NIOPosix
public import NIOSSL
import Synchronization

/// A small HTTP server on loopback that answers as a closure says.
public final class StubServer: Sendable {
    public struct Request: Sendable {
        public var method: String
        /// Path and query.
        public var uri: String
        public var headers: HTTPHeaders
        public var body: [UInt8]

        public func header(_ name: String) -> String? { headers.first(name: name) }
    }

    public struct Answer: Sendable {
        public var status: Int
        public var headers: [(String, String)]
        public var body: [UInt8]
        /// Closes the connection after this many bytes of the body.
        public var cut: Int?
        /// Sends no more after this many bytes of the body and keeps the connection.
        public var stall: Int?
        /// Pause before every piece of 64 KiB, in milliseconds.
        public var pause = 0

        public init(
            _ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = [],
            cut: Int? = nil, stall: Int? = nil, pause: Int = 0
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.cut = cut
            self.stall = stall
            self.pause = pause
        }

        public init(_ status: Int, _ headers: [(String, String)] = [], text: String) {
            self.init(status, headers, Array(text.utf8))
        }
    }

    private let channel: any Channel

    /// - Parameter tls: certificate and key; nil: plain.
    public init(
        tls: TLSConfiguration? = nil,
        _ respond: @escaping @Sendable (Request) -> Answer
    ) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(respond))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    public var port: Int { channel.localAddress!.port! }

    public func stop() async { try? await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let respond: @Sendable (Request) -> Answer
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ respond: @escaping @Sendable (Request) -> Answer) { self.respond = respond }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let bytes): body += bytes.readableBytesView
            case .end:
                guard let head else { return }
                let answer = respond(
                    Request(
                        method: head.method.rawValue, uri: head.uri, headers: head.headers,
                        body: body))
                send(answer, isHead: head.method == .HEAD, context)
            }
        }

        private func send(_ answer: Answer, isHead: Bool, _ context: ChannelHandlerContext) {
            var headers = HTTPHeaders(answer.headers)
            if !headers.contains(name: "Content-Length") {
                headers.add(name: "Content-Length", value: "\(answer.body.count)")
            }
            context.writeAndFlush(
                wrapOutboundOut(
                    .head(
                        HTTPResponseHead(
                            version: .http1_1, status: .init(statusCode: answer.status),
                            headers: headers))), promise: nil)
            if isHead {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            } else {
                piece(answer, 0, NIOLoopBound(context, eventLoop: context.eventLoop))
            }
        }

        private func piece(
            _ answer: Answer, _ start: Int, _ bound: NIOLoopBound<ChannelHandlerContext>
        ) {
            let context = bound.value
            guard context.channel.isActive else { return }
            let limit = min(answer.body.count, answer.cut ?? .max, answer.stall ?? .max)
            guard start < limit else {
                if answer.cut != nil {
                    context.close(promise: nil)
                } else if answer.stall == nil {
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                }
                return
            }
            let end = min(limit, start + (64 << 10))
            context.writeAndFlush(
                wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body[start..<end])))),
                promise: nil)
            if answer.pause == 0 {
                piece(answer, end, bound)
            } else {
                let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: .milliseconds(Int64(answer.pause))) {
                    handler.value.piece(answer, end, bound)
                }
            }
        }
    }
}
