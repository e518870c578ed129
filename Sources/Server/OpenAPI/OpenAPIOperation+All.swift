import Hummingbird

extension OpenAPIOperation {
    private static let lines = "application/x-ndjson"
    private static let events = "text/event-stream"
    private static let typesOfOptions =
        "An option of the wrong type, a template or a picture that the model cannot take."

    /// Every route of the server; a new endpoint adds its entry here.
    static let all = pages + generation + models + openAI + anthropic

    private static let pages: [OpenAPIOperation] = [
        .init(method: .head, path: "/", summary: "Whether the server runs."),
        .init(
            method: .get, path: "/", summary: "Says that the server runs.", answer: "Text",
            type: "text/plain"),
        .init(method: .head, path: "/api/version", summary: "Whether the server runs."),
        .init(
            method: .get, path: "/api/version", summary: "The version.", answer: "Version"),
        .init(
            method: .get, path: "/api/status", summary: "What of the cloud is available: nothing.",
            answer: "AnyObject"),
        .init(
            method: .get, path: "/openapi.json", summary: "This document.", answer: "AnyObject"),
        .init(method: .post, path: "/api/me", summary: "Accounts do not exist here: 503."),
        .init(
            method: .post, path: "/api/signout", summary: "Accounts do not exist here.",
            mistakesWith500: "Always."),
        .init(
            method: .delete, path: "/api/user/keys/:encodedKey",
            summary: "Accounts do not exist here.", mistakesWith500: "Always."),
        .init(
            method: .get, path: "/api/experimental/model-recommendations",
            summary: "An empty list.", answer: "AnyObject"),
        .init(
            method: .post, path: "/api/experimental/web_search",
            summary: "The cloud does not exist here: 403."),
        .init(
            method: .post, path: "/api/experimental/web_fetch",
            summary: "The cloud does not exist here: 403."),
    ]

    private static let generation: [OpenAPIOperation] = [
        .init(
            method: .post, path: "/api/generate", summary: "Completes a prompt.",
            request: "GenerateRequest", answer: "GenerateResponse",
            stream: (lines, "GenerateResponse"), mistakesWith500: typesOfOptions),
        .init(
            method: .post, path: "/api/chat", summary: "Answers a conversation.",
            request: "ChatRequest", answer: "ChatResponse", stream: (lines, "ChatResponse"),
            mistakesWith500: typesOfOptions),
        .init(
            method: .post, path: "/api/embed", summary: "Unit vectors of texts.",
            request: "EmbedRequest", answer: "EmbedResponse", mistakesWith500: typesOfOptions),
        .init(
            method: .post, path: "/api/embeddings", summary: "The vector of one text.",
            request: "EmbeddingsRequest", answer: "EmbeddingsResponse",
            mistakesWith500: typesOfOptions),
        .init(
            method: .post, path: "/api/tokenize", summary: "Tokens of a text.",
            request: "TokenizeRequest", answer: "Tokens"),
        .init(
            method: .post, path: "/api/detokenize", summary: "The text of tokens.",
            request: "DetokenizeRequest", answer: "Content"),
    ]

    private static let models: [OpenAPIOperation] = [
        .init(method: .head, path: "/api/tags", summary: "Whether models can be listed."),
        .init(
            method: .get, path: "/api/tags", summary: "Models in the store.", answer: "ModelList"),
        .init(
            method: .get, path: "/api/ps", summary: "Models in memory.", answer: "RunningModelList"),
        .init(
            method: .post, path: "/api/show", summary: "All about a model.",
            request: "ShowRequest", answer: "ShowResponse"),
        .init(
            method: .post, path: "/api/create", summary: "Makes a model of files or a model.",
            request: "CreateRequest", answer: "Progress", stream: (lines, "Progress"),
            mistakesWith500: "A quantisation that is not known, or not possible."),
        .init(
            method: .head, path: "/api/blobs/:digest", summary: "Whether a blob is there."),
        .init(
            method: .post, path: "/api/blobs/:digest", summary: "Uploads a blob.",
            request: "Blob", status: 201),
        .init(
            method: .post, path: "/api/copy", summary: "Gives a model a second name.",
            request: "CopyRequest"),
        .init(
            method: .delete, path: "/api/delete", summary: "Removes a model.",
            request: "ModelName"),
        .init(
            method: .post, path: "/api/pull", summary: "Gets a model from a registry.",
            request: "TransferRequest", answer: "Progress", stream: (lines, "Progress"),
            mistakesWith500: "The registry cannot be reached, or refuses."),
        .init(
            method: .post, path: "/api/push", summary: "Sends a model to a registry.",
            request: "TransferRequest", answer: "Progress", stream: (lines, "Progress"),
            mistakesWith500: "The registry cannot be reached, or refuses."),
    ]

    private static let openAI: [OpenAPIOperation] = [
        .init(
            method: .get, path: "/v1/models", summary: "Models in the store.",
            answer: "OpenAIModelList", errors: .openAI),
        .init(
            method: .get, path: "/v1/models/:model", summary: "One model.",
            answer: "OpenAIModel", errors: .openAI),
        .init(
            method: .post, path: "/v1/chat/completions", summary: "Answers a conversation.",
            request: "ChatCompletionRequest", answer: "ChatCompletion",
            stream: (events, "EventText"), errors: .openAI),
        .init(
            method: .post, path: "/v1/completions",
            summary: "Completes a prompt, through the model's template.",
            request: "CompletionRequest", answer: "Completion", stream: (events, "EventText"),
            errors: .openAI),
        .init(
            method: .post, path: "/v1/embeddings", summary: "Vectors of texts.",
            request: "OpenAIEmbeddingRequest", answer: "OpenAIEmbeddingList", errors: .openAI),
        .init(
            method: .post, path: "/v1/responses", summary: "Answers a conversation, in items.",
            request: "ResponsesRequest", answer: "Response", stream: (events, "EventText"),
            errors: .openAI),
        .init(
            method: .post, path: "/v1/responses/compact", summary: "Not supported: 404.",
            errors: .openAI),
        .init(
            method: .get, path: "/v1/responses/:id", summary: "An answer that is kept in memory.",
            answer: "Response", errors: .openAI),
        .init(
            method: .delete, path: "/v1/responses/:id", summary: "Forgets an answer.",
            answer: "DeletedResponse", errors: .openAI),
        .init(
            method: .post, path: "/v1/audio/transcriptions",
            summary: "Not supported: 501.", errors: .openAI),
    ]

    private static let anthropic: [OpenAPIOperation] = [
        .init(
            method: .post, path: "/v1/messages", summary: "Answers a conversation.",
            request: "MessagesRequest", answer: "MessagesAnswer", stream: (events, "EventText"),
            errors: .anthropic),
        .init(
            method: .post, path: "/v1/messages/count_tokens",
            summary: "Tokens of the prompt that a conversation makes.",
            request: "CountTokensRequest", answer: "TokenCount", errors: .anthropic),
    ]
}
