extension OpenAPI {
    /// OpenAI's forms.
    static let openAISchemas = #"""
        {
          "OpenAIError": {
            "type": "object", "required": ["error"],
            "properties": {
              "error": {
                "type": "object", "required": ["message", "type"],
                "properties": {
                  "message": {"type": "string"}, "type": {"type": "string"}, "param": {},
                  "code": {}
                }
              }
            }
          },
          "Usage": {
            "type": "object", "required": ["prompt_tokens", "completion_tokens", "total_tokens"],
            "properties": {
              "prompt_tokens": {"type": "integer"}, "completion_tokens": {"type": "integer"},
              "total_tokens": {"type": "integer"}
            }
          },
          "OpenAIToolCall": {
            "type": "object", "required": ["function"],
            "properties": {
              "id": {"type": "string"}, "index": {"type": "integer"}, "type": {"type": "string"},
              "function": {
                "type": "object", "required": ["name", "arguments"],
                "properties": {
                  "name": {"type": "string"},
                  "arguments": {"type": "string", "description": "JSON."}
                }
              }
            }
          },
          "OpenAITool": {
            "type": "object", "required": ["function"],
            "properties": {
              "type": {"const": "function"},
              "function": {
                "type": "object", "required": ["name"],
                "properties": {
                  "name": {"type": "string"}, "description": {"type": "string"},
                  "parameters": {"type": "object"}, "strict": {"type": "boolean"}
                }
              }
            }
          },
          "OpenAIModel": {
            "type": "object", "required": ["id", "object", "created", "owned_by"],
            "properties": {
              "id": {"type": "string"}, "object": {"const": "model"},
              "created": {"type": "integer"}, "owned_by": {"type": "string"}
            }
          },
          "OpenAIModelList": {
            "type": "object", "required": ["object", "data"],
            "properties": {
              "object": {"const": "list"},
              "data": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/OpenAIModel"}}
            }
          },
          "ChatCompletionRequest": {
            "type": "object", "required": ["model", "messages"],
            "properties": {
              "model": {"type": "string"},
              "messages": {
                "type": "array", "items": {"$ref": "#/components/schemas/OpenAIChatMessage"},
                "minItems": 1
              },
              "tools": {"type": "array", "items": {"$ref": "#/components/schemas/OpenAITool"}},
              "tool_choice": {"$ref": "#/components/schemas/ToolChoice"},
              "parallel_tool_calls": {"type": ["boolean", "null"]},
              "stream": {"type": "boolean"},
              "stream_options": {"type": ["object", "null"], "properties": {"include_usage": {"type": "boolean"}}},
              "max_tokens": {"type": ["integer", "null"]},
              "max_completion_tokens": {"type": ["integer", "null"]},
              "seed": {"type": ["integer", "null"]},
              "stop": {
                "anyOf": [
                  {"type": "string"}, {"type": "array", "items": {"type": "string"}},
                  {"type": "null"}
                ]
              },
              "temperature": {"type": ["number", "null"]}, "top_p": {"type": ["number", "null"]},
              "frequency_penalty": {"type": ["number", "null"]},
              "presence_penalty": {"type": ["number", "null"]},
              "response_format": {
                "type": ["object", "null"],
                "properties": {
                  "type": {"enum": ["text", "json_object", "json_schema"]},
                  "json_schema": {
                    "type": "object", "required": ["schema"],
                    "properties": {
                      "name": {"type": "string"}, "strict": {"type": ["boolean", "null"]},
                      "schema": {"type": "object"}
                    }
                  }
                }
              },
              "reasoning_effort": {
                "type": ["string", "null"],
                "description": "none, minimal, low, medium, high, xhigh, ultra or max."
              },
              "reasoning": {
                "type": ["object", "null"],
                "properties": {
                  "effort": {"type": ["string", "null"]},
                  "max_tokens": {"type": ["integer", "null"], "minimum": 0}
                }
              },
              "logprobs": {"type": ["boolean", "null"]},
              "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
              "logit_bias": {"$ref": "#/components/schemas/LogitBias"},
              "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 16},
              "grammar": {"type": ["string", "null"], "description": "A grammar in GBNF; an extension."},
              "options": {
                "anyOf": [{"$ref": "#/components/schemas/Options"}, {"type": "null"}],
                "description": "Native options; an extension."
              },
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "user": {"type": ["string", "null"]}, "_debug_render_only": {"type": "boolean"}
            }
          },
          "ChatCompletion": {
            "type": "object",
            "required": ["id", "object", "created", "model", "choices", "usage"],
            "properties": {
              "id": {"type": "string"}, "object": {"const": "chat.completion"},
              "created": {"type": "integer"}, "model": {"type": "string"},
              "system_fingerprint": {"type": "string"},
              "choices": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["index", "message", "finish_reason"],
                  "properties": {
                    "index": {"type": "integer"},
                    "message": {
                      "type": "object", "required": ["role", "content"],
                      "properties": {
                        "role": {"type": "string"}, "content": {"type": "string"},
                        "reasoning": {"type": "string"},
                        "tool_calls": {
                          "type": "array",
                          "items": {"$ref": "#/components/schemas/OpenAIToolCall"}
                        }
                      }
                    },
                    "finish_reason": {"type": ["string", "null"]},
                    "logprobs": {
                      "type": "object", "required": ["content"],
                      "properties": {
                        "content": {
                          "type": "array",
                          "items": {"$ref": "#/components/schemas/LogProbability"}
                        }
                      }
                    }
                  }
                }
              },
              "usage": {"$ref": "#/components/schemas/Usage"},
              "_debug_info": {"$ref": "#/components/schemas/RenderedPrompt"}
            }
          },
          "CompletionRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"}, "prompt": {"type": "string"},
              "suffix": {"type": "string"}, "stream": {"type": "boolean"},
              "stream_options": {"type": ["object", "null"], "properties": {"include_usage": {"type": "boolean"}}},
              "max_tokens": {"type": ["integer", "null"]}, "seed": {"type": ["integer", "null"]},
              "stop": {
                "anyOf": [
                  {"type": "string"}, {"type": "array", "items": {"type": "string"}},
                  {"type": "null"}
                ]
              },
              "temperature": {"type": ["number", "null"]}, "top_p": {"type": ["number", "null"]},
              "frequency_penalty": {"type": ["number", "null"]},
              "presence_penalty": {"type": ["number", "null"]},
              "logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
              "echo": {"type": ["boolean", "null"]},
              "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 16},
              "best_of": {"type": ["integer", "null"], "description": "Must equal n."},
              "logit_bias": {"$ref": "#/components/schemas/LogitBias"},
              "options": {
                "anyOf": [{"$ref": "#/components/schemas/Options"}, {"type": "null"}],
                "description": "Native options; an extension."
              },
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "grammar": {"type": ["string", "null"]}, "user": {"type": ["string", "null"]},
              "_debug_render_only": {"type": "boolean"}
            }
          },
          "Completion": {
            "type": "object",
            "required": ["id", "object", "created", "model", "choices", "usage"],
            "properties": {
              "id": {"type": "string"}, "object": {"const": "text_completion"},
              "created": {"type": "integer"}, "model": {"type": "string"},
              "system_fingerprint": {"type": "string"},
              "choices": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["text", "index", "finish_reason"],
                  "properties": {
                    "text": {"type": "string"}, "index": {"type": "integer"},
                    "finish_reason": {"type": ["string", "null"]},
                    "logprobs": {
                      "type": "object",
                      "required": ["tokens", "token_logprobs", "top_logprobs", "text_offset"],
                      "properties": {
                        "tokens": {"type": "array", "items": {"type": "string"}},
                        "token_logprobs": {"type": "array", "items": {"type": "number"}},
                        "top_logprobs": {"type": "array", "items": {"type": "object"}},
                        "text_offset": {"type": "array", "items": {"type": "integer"}}
                      }
                    }
                  }
                }
              },
              "usage": {"$ref": "#/components/schemas/Usage"}
            }
          },
          "OpenAIEmbeddingRequest": {
            "type": "object", "required": ["model", "input"],
            "properties": {
              "model": {"type": "string"},
              "input": {
                "anyOf": [
                  {"type": "string"},
                  {"type": "array", "items": {"type": "string"}, "minItems": 1}
                ]
              },
              "dimensions": {"type": ["integer", "null"]},
              "encoding_format": {"enum": ["float", "base64"]},
              "user": {"type": ["string", "null"]}
            }
          },
          "OpenAIEmbeddingList": {
            "type": "object", "required": ["object", "data", "model", "usage"],
            "properties": {
              "object": {"const": "list"},
              "data": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["object", "embedding", "index"],
                  "properties": {
                    "object": {"const": "embedding"},
                    "embedding": {
                      "anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string"}]
                    },
                    "index": {"type": "integer"}
                  }
                }
              },
              "model": {"type": "string"},
              "usage": {
                "type": "object", "required": ["prompt_tokens", "total_tokens"],
                "properties": {"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}
              }
            }
          },
          "ContentPart": {
            "anyOf": [
              {
                "type": "object", "required": ["type", "text"],
                "properties": {"type": {"const": "text"}, "text": {"type": "string"}}
              },
              {
                "type": "object", "required": ["type", "image_url"],
                "properties": {
                  "type": {"const": "image_url"},
                  "image_url": {
                    "type": "object", "required": ["url"],
                    "properties": {
                      "url": {
                        "type": "string",
                        "pattern": "^data:image/(png|jpeg|webp);base64,([A-Za-z0-9+/]{4})*$"
                      }
                    }
                  }
                }
              }
            ]
          },
          "OpenAIChatMessage": {
            "type": "object", "required": ["role"],
            "properties": {
              "role": {"type": "string"},
              "content": {
                "anyOf": [
                  {"type": "string"},
                  {"type": "array", "items": {"$ref": "#/components/schemas/ContentPart"}},
                  {"type": "null"}
                ]
              },
              "name": {"type": "string"}, "reasoning": {"type": "string"},
              "tool_calls": {"type": "array", "items": {"$ref": "#/components/schemas/OpenAIToolCall"}},
              "tool_call_id": {"type": "string"}
            },
            "anyOf": [
              {"required": ["content"], "properties": {"content": {"type": ["string", "array"]}}},
              {
                "required": ["tool_calls"],
                "properties": {"tool_calls": {"type": "array", "minItems": 1}}
              }
            ]
          }
        }
        """#
}
