import API
import Engine
import Testing

@testable import Serving

@Suite struct RunOptionsTests {
    static func parse(_ json: String) throws -> RunOptions {
        var options = RunOptions()
        _ = try options.apply(JSONValue(parsing: json).object ?? [:])
        return options
    }

    @Test(arguments: [
        (#"{"num_ctx":"x"}"#, #"option "num_ctx" must be of type integer"#),
        (#"{"top_k":"5"}"#, #"option "top_k" must be of type integer"#),
        (#"{"num_keep":[]}"#, #"option "num_keep" must be of type integer"#),
        (#"{"temperature":"hot"}"#, #"option "temperature" must be of type float32"#),
        (#"{"repeat_penalty":{}}"#, #"option "repeat_penalty" must be of type float32"#),
        (#"{"top_p":true}"#, #"option "top_p" must be of type float32"#),
        (#"{"use_mmap":"yes"}"#, #"option "use_mmap" must be of type boolean"#),
        (#"{"stop":"x"}"#, #"option "stop" must be of type array"#),
        (#"{"stop":[1,"a"]}"#, #"option "stop" must be of an array of strings"#),
    ])
    func `wrong types are named`(json: String, message: String) {
        let error = #expect(throws: APIError.self) { try Self.parse(json) }
        #expect(error == APIError(500, message))
    }

    @Test func `integers may be written as floats and are truncated`() throws {
        let options = try Self.parse(#"{"num_predict":5.7,"top_k":5.9,"num_ctx":1e3,"seed":-0.5}"#)
        #expect(options.numPredict == 5)
        #expect(options.topK == 5)
        #expect(options.load.contextLength == 1000)
        #expect(options.seed == 0)
    }

    @Test func `numbers beyond any integer saturate`() throws {
        let options = try Self.parse(#"{"num_predict":1e300,"seed":-1e300}"#)
        #expect(options.numPredict == Int.max)
        #expect(options.seed == Int.min)
    }

    @Test func `null keeps the value and later options win`() throws {
        var options = try Self.parse(#"{"temperature":0.5,"stop":["a","b"]}"#)
        _ = try options.apply(["temperature": nil, "stop": ["c"], "top_k": 7])
        #expect(options.temperature == 0.5)
        #expect(options.stop == ["c"])
        #expect(options.topK == 7)
    }

    @Test func `unknown options are reported, whatever their case or value`() throws {
        var options = RunOptions()
        let unknown = try options.apply(
            ["NUM_CTX": 64, "numa": true, "top_k": 3, "mirostat": nil])
        #expect(unknown == ["NUM_CTX", "numa", "mirostat"])
        #expect(options.load == LoadOptions())
    }

    @Test func `options that a CPU cannot follow are named`() throws {
        let options = try Self.parse(
            #"{"num_gpu":99,"main_gpu":5,"use_mmap":false,"draft_num_predict":4}"#)
        #expect(options.unusable == ["num_gpu", "main_gpu", "use_mmap", "draft_num_predict"])
        #expect(try Self.parse(#"{"num_gpu":-1,"main_gpu":0,"use_mmap":true}"#).unusable == [])
    }

    @Test(arguments: [
        (
            #"{"repeat_last_n":-1}"#,
            "Field 'repeat_last_n': Value must be between 0 <= value <= 2147483647, but got -1"
        ),
        (
            #"{"repeat_penalty":0}"#,
            "Failed to initialize samplers: penalty_repeat must be finite and greater than 0"
        ),
        (
            #"{"repeat_penalty":1e60}"#,
            "Failed to initialize samplers: penalty_repeat must be finite and greater than 0"
        ),
    ])
    func `values the sampler cannot use are refused`(json: String, message: String) throws {
        let options = try Self.parse(json)
        let error = #expect(throws: APIError.self) { try options.checkSampling() }
        #expect(error == APIError(400, message))
    }

    @Test(arguments: [
        (5, false, 5), (99_999_999, false, 640), (-1, false, 640), (-5, true, 640),
        (0, false, 640), (0, true, 1), (1, true, 1),
    ])
    func `the number of tokens is limited by ten windows`(
        numPredict: Int, zeroMeansOne: Bool, limit: Int
    ) {
        var options = RunOptions()
        options.numPredict = numPredict
        #expect(options.tokenLimit(contextLength: 64, zeroMeansOne: zeroMeansOne) == limit)
    }

    @Test func `seed minus one is random and all others are fixed`() {
        var options = RunOptions()
        #expect(options.sampling.seed == nil)
        options.seed = 0
        #expect(options.sampling.seed == 0)
        options.seed = 99_999_999_999
        #expect(options.sampling.seed == UInt32(truncatingIfNeeded: 99_999_999_999))
    }
}
