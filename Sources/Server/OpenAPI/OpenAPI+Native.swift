extension OpenAPI {
    /// Generation in the native form.
    static let nativeSchemas = #"""
        {
          "Error": {
            "type": "object", "description": "A failure in the native form.",
            "required": ["error"], "properties": {"error": {"type": "string"}}
          },
          "Text": {"type": "string"},
          "AnyObject": {"type": "object"},
          "Blob": {"type": "string", "format": "binary"},
          "EventText": {"description": "Server-sent events, each with JSON as its data."},
          "Version": {
            "type": "object", "required": ["version"],
            "properties": {"version": {"type": "string"}}
          },
          "Options": {
            "type": "object", "description": "Parameters of a run; null keeps the model's.",
            "properties": {
              "num_keep": {"type": ["integer", "null"]}, "seed": {"type": ["integer", "null"]},
              "num_predict": {"type": ["integer", "null"]},
              "top_k": {"type": ["integer", "null"]},
              "repeat_last_n": {"type": ["integer", "null"]},
              "num_ctx": {"type": ["integer", "null"]},
              "num_batch": {"type": ["integer", "null"]},
              "num_thread": {"type": ["integer", "null"]},
              "num_gpu": {"type": ["integer", "null"]}, "main_gpu": {"type": ["integer", "null"]},
              "draft_num_predict": {"type": ["integer", "null"]},
              "top_p": {"type": ["number", "null"]}, "min_p": {"type": ["number", "null"]},
              "typical_p": {"type": ["number", "null"]},
              "temperature": {"type": ["number", "null"]},
              "repeat_penalty": {"type": ["number", "null"]},
              "presence_penalty": {"type": ["number", "null"]},
              "frequency_penalty": {"type": ["number", "null"]},
              "use_mmap": {"type": ["boolean", "null"]},
              "stop": {"type": ["array", "null"], "items": {"type": "string"}},
              "logit_bias": {"$ref": "#/components/schemas/LogitBias"}
            }
          },
          "LogitBias": {
            "type": ["object", "null"],
            "description": "Token numbers and what is added to their logits.",
            "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
            "propertyNames": {"pattern": "^[0-9]+$"}, "maxProperties": 1024
          },
          "LogProbability": {
            "type": "object", "required": ["token", "logprob"],
            "properties": {
              "token": {"type": "string"}, "logprob": {"type": "number"},
              "bytes": {"type": "array", "items": {"type": "integer"}},
              "top_logprobs": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["token", "logprob"],
                  "properties": {
                    "token": {"type": "string"}, "logprob": {"type": "number"},
                    "bytes": {"type": "array", "items": {"type": "integer"}}
                  }
                }
              }
            }
          },
          "ToolCall": {
            "type": "object", "required": ["function"],
            "properties": {
              "id": {"type": "string"},
              "function": {
                "type": "object", "required": ["name", "arguments"],
                "properties": {
                  "index": {"type": "integer"}, "name": {"type": "string"},
                  "arguments": {"type": "object"}
                }
              }
            }
          },
          "Tool": {
            "type": "object", "required": ["function"],
            "properties": {
              "type": {"type": "string"},
              "function": {
                "type": "object", "required": ["name"],
                "properties": {
                  "name": {"type": "string"}, "description": {"type": "string"},
                  "parameters": {"type": "object"}
                }
              }
            }
          },
          "ToolChoice": {
            "anyOf": [
              {"enum": ["auto", "none", "required", null]},
              {
                "type": "object", "required": ["type"],
                "properties": {
                  "type": {"enum": ["auto", "none", "any", "function", "tool"]},
                  "name": {"type": "string"},
                  "function": {
                    "type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string"}}
                  }
                }
              }
            ],
            "description": "Whether tools may, must or must not be called, or which one must."
          },
          "Message": {
            "type": "object", "required": ["role"],
            "properties": {
              "role": {"type": "string"}, "content": {"type": "string"},
              "thinking": {"type": "string"},
              "images": {"type": "array", "items": {"$ref": "#/components/schemas/Base64"}},
              "tool_calls": {"type": "array", "items": {"$ref": "#/components/schemas/ToolCall"}},
              "tool_name": {"type": "string"}, "tool_call_id": {"type": "string"}
            }
          },
          "RenderedPrompt": {
            "type": "object", "required": ["rendered_template"],
            "properties": {"rendered_template": {"type": "string"}, "image_count": {"type": "integer"}}
          },
          "GenerateRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"}, "prompt": {"type": "string"},
              "suffix": {"type": "string"}, "system": {"type": "string"},
              "template": {"type": "string"},
              "context": {"type": ["array", "null"], "items": {"type": "integer"}},
              "stream": {"type": ["boolean", "null"]}, "raw": {"type": "boolean"},
              "format": {
                "anyOf": [{"enum": ["json", ""]}, {"type": "object"}, {"type": "null"}],
                "description": "\"json\" or a JSON schema."
              },
              "grammar": {
                "type": ["string", "null"],
                "description": "A grammar in GBNF that the answer is held to."
              },
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "images": {"type": "array", "items": {"$ref": "#/components/schemas/Base64"}},
              "options": {"$ref": "#/components/schemas/Options"},
              "think": {"$ref": "#/components/schemas/Think"},
              "think_budget": {"$ref": "#/components/schemas/ThinkBudget"},
              "verbose": {"$ref": "#/components/schemas/CountsDrafts"},
              "truncate": {"type": ["boolean", "null"]}, "shift": {"type": ["boolean", "null"]},
              "logprobs": {"type": "boolean"},
              "top_logprobs": {"type": "integer", "minimum": 0, "maximum": 20},
              "_debug_render_only": {"type": "boolean"}
            }
          },
          "Think": {
            "type": ["boolean", "string", "null"],
            "description": "true, false, or low, medium, high, max."
          },
          "ThinkBudget": {
            "type": ["integer", "null"], "minimum": 0,
            "description": "Tokens that a thought may have."
          },
          "CountsDrafts": {
            "type": ["boolean", "null"],
            "description": "Whether the last object counts the tokens that were guessed ahead."
          },
          "ChatRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"},
              "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
              "tools": {"type": "array", "items": {"$ref": "#/components/schemas/Tool"}},
              "tool_choice": {"$ref": "#/components/schemas/ToolChoice"},
              "parallel_tool_calls": {"type": ["boolean", "null"]},
              "stream": {"type": ["boolean", "null"]},
              "format": {
                "anyOf": [{"enum": ["json", ""]}, {"type": "object"}, {"type": "null"}],
                "description": "\"json\" or a JSON schema."
              },
              "grammar": {
                "type": ["string", "null"],
                "description": "A grammar in GBNF that the answer is held to."
              },
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "options": {"$ref": "#/components/schemas/Options"},
              "think": {"$ref": "#/components/schemas/Think"},
              "think_budget": {"$ref": "#/components/schemas/ThinkBudget"},
              "verbose": {"$ref": "#/components/schemas/CountsDrafts"},
              "truncate": {"type": ["boolean", "null"]}, "shift": {"type": ["boolean", "null"]},
              "logprobs": {"type": "boolean"},
              "top_logprobs": {"type": "integer", "minimum": 0, "maximum": 20},
              "_debug_render_only": {"type": "boolean"}
            }
          },
          "GenerateResponse": {
            "type": "object", "required": ["model", "created_at", "response", "done"],
            "properties": {
              "model": {"type": "string"}, "created_at": {"type": "string"},
              "response": {"type": "string"}, "thinking": {"type": "string"},
              "done": {"type": "boolean"}, "done_reason": {"type": "string"},
              "context": {"type": "array", "items": {"type": "integer"}},
              "tool_calls": {"type": "array", "items": {"$ref": "#/components/schemas/ToolCall"}},
              "total_duration": {"type": "integer"}, "load_duration": {"type": "integer"},
              "prompt_eval_count": {"type": "integer"},
              "prompt_eval_duration": {"type": "integer"}, "eval_count": {"type": "integer"},
              "eval_duration": {"type": "integer"}, "draft_count": {"type": "integer"},
              "draft_accepted_count": {"type": "integer"},
              "prompt_cached_count": {"type": "integer"}, "truncated": {"type": "integer"},
              "logprobs": {"type": "array", "items": {"$ref": "#/components/schemas/LogProbability"}},
              "_debug_info": {"$ref": "#/components/schemas/RenderedPrompt"}
            }
          },
          "ChatResponse": {
            "type": "object", "required": ["model", "created_at", "message", "done"],
            "properties": {
              "model": {"type": "string"}, "created_at": {"type": "string"},
              "message": {"$ref": "#/components/schemas/Message"}, "done": {"type": "boolean"},
              "done_reason": {"type": "string"}, "total_duration": {"type": "integer"},
              "load_duration": {"type": "integer"}, "prompt_eval_count": {"type": "integer"},
              "prompt_eval_duration": {"type": "integer"}, "eval_count": {"type": "integer"},
              "eval_duration": {"type": "integer"}, "draft_count": {"type": "integer"},
              "draft_accepted_count": {"type": "integer"},
              "prompt_cached_count": {"type": "integer"}, "truncated": {"type": "integer"},
              "logprobs": {"type": "array", "items": {"$ref": "#/components/schemas/LogProbability"}},
              "_debug_info": {"$ref": "#/components/schemas/RenderedPrompt"}
            }
          },
          "EmbedRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"},
              "input": {
                "anyOf": [
                  {"type": "string"}, {"type": "array", "items": {"type": "string"}},
                  {"type": "null"}
                ]
              },
              "truncate": {"type": ["boolean", "null"]}, "dimensions": {"type": "integer"},
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "options": {"$ref": "#/components/schemas/Options"}
            }
          },
          "EmbedResponse": {
            "type": "object", "required": ["model", "embeddings"],
            "properties": {
              "model": {"type": "string"},
              "embeddings": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
              "total_duration": {"type": "integer"}, "load_duration": {"type": "integer"},
              "prompt_eval_count": {"type": "integer"}
            }
          },
          "EmbeddingsRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"}, "prompt": {"type": "string"},
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              },
              "options": {"$ref": "#/components/schemas/Options"}
            }
          },
          "EmbeddingsResponse": {
            "type": "object", "required": ["embedding"],
            "properties": {"embedding": {"type": "array", "items": {"type": "number"}}}
          },
          "TokenizeRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"}, "prompt": {"type": "string"},
              "content": {"type": "string", "description": "Another name of prompt."},
              "add_special": {
                "type": "boolean",
                "description": "With the begin and end tokens of prompts; default false."
              },
              "parse_special": {
                "type": "boolean",
                "description": "Texts of control tokens become those tokens; default true."
              },
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              }
            }
          },
          "Tokens": {
            "type": "object", "required": ["tokens"],
            "properties": {"tokens": {"type": "array", "items": {"type": "integer"}}}
          },
          "DetokenizeRequest": {
            "type": "object", "required": ["model", "tokens"],
            "properties": {
              "model": {"type": "string"},
              "tokens": {"type": "array", "items": {"type": "integer", "minimum": 0}},
              "keep_alive": {
                "type": ["string", "number", "null"],
                "description": "Seconds, or a duration as 5m; negative: for ever; 0: unload after the answer."
              }
            }
          },
          "Content": {
            "type": "object", "required": ["content"],
            "properties": {"content": {"type": "string"}}
          },
          "Base64": {
            "type": "string", "contentEncoding": "base64", "pattern": "^([A-Za-z0-9+/]{4})*$",
            "description": "The bytes of a picture."
          }
        }
        """#
}
