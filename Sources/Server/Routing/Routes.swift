/// Every path that the server answers; a new endpoint adds its name here.
enum Routes {
    /// Methods of one path stand in the order in which `Allow` names them.
    static let all: [Route] =
        Root.routes + Version.routes + Tags.routes + Processes.routes + Status.routes
        + Show.routes + Generate.routes + Chat.routes + Embed.routes + Embeddings.routes
        + Create.routes + Blobs.routes + Copy.routes + Delete.routes + Pull.routes + Push.routes
        + Account.routes + Experimental.routes + OpenAIModels.routes + ChatCompletions.routes
        + TextCompletions.routes + OpenAIEmbeddings.routes + AnthropicMessages.routes
        + Responses.routes + Tokenize.routes + OpenAPI.routes + Unsupported.routes
}
