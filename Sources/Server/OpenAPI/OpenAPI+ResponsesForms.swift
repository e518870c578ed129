extension OpenAPI {
    /// The forms of OpenAI's responses.
    static let responsesSchemas = #"""
        {
          "ResponsesRequest": {
            "type": "object", "required": ["model"],
            "properties": {
              "model": {"type": "string"},
              "input": {
                "anyOf": [
                  {"type": "string"},
                  {"type": "array", "items": {"$ref": "#/components/schemas/InputItem"}},
                  {"type": "null"}
                ]
              },
              "instructions": {"type": ["string", "null"]},
              "previous_response_id": {"type": ["string", "null"], "description": "An answer that is still in memory."},
              "store": {
                "type": ["boolean", "null"],
                "description": "false: the answer is not kept in memory."
              },
              "stream": {"type": ["boolean", "null"]},
              "max_output_tokens": {"type": ["integer", "null"]},
              "temperature": {"type": ["number", "null"]}, "top_p": {"type": ["number", "null"]},
              "reasoning": {
                "type": ["object", "null"],
                "properties": {"effort": {"type": ["string", "null"]}, "summary": {"type": ["string", "null"]}}
              },
              "text": {
                "type": ["object", "null"],
                "properties": {
                  "format": {
                    "type": "object",
                    "properties": {
                      "type": {"enum": ["text", "json_object", "json_schema"]},
                      "name": {"type": "string"}, "schema": {"type": "object"},
                      "strict": {"type": ["boolean", "null"]}
                    }
                  }
                }
              },
              "tools": {"type": "array", "items": {"type": "object"}},
              "tool_choice": {"$ref": "#/components/schemas/ToolChoice"},
              "max_tool_calls": {"type": ["integer", "null"], "description": "Of tools that a server runs; there are none."},
              "parallel_tool_calls": {"type": ["boolean", "null"]},
              "truncation": {
                "enum": ["auto", "disabled", null],
                "description": "disabled: what does not fit is refused instead of cut."
              },
              "include": {"type": ["array", "null"], "items": {"type": "string"}},
              "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
              "metadata": {"type": ["object", "null"]}, "user": {"type": ["string", "null"]}
            }
          },
          "Response": {
            "type": "object",
            "required": ["id", "object", "created_at", "status", "model", "output"],
            "properties": {
              "id": {"type": "string"}, "object": {"const": "response"},
              "created_at": {"type": "integer"}, "completed_at": {"type": ["integer", "null"]},
              "status": {"type": "string"}, "model": {"type": "string"},
              "previous_response_id": {"type": ["string", "null"]},
              "instructions": {"type": ["string", "null"]},
              "output": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["id", "type"],
                  "properties": {"id": {"type": "string"}, "type": {"type": "string"}}
                }
              },
              "usage": {"type": ["object", "null"]}, "metadata": {"type": "object"},
              "store": {"type": "boolean"}
            }
          },
          "DeletedResponse": {
            "type": "object", "required": ["id", "object", "deleted"],
            "properties": {
              "id": {"type": "string"}, "object": {"const": "response"},
              "deleted": {"const": true}
            }
          },
          "InputItem": {
            "type": "object",
            "anyOf": [{"required": ["role", "content"]}, {"required": ["type"]}],
            "properties": {
              "type": {
                "enum": [
                  "message", "function_call", "function_call_output", "reasoning",
                  "web_search_call"
                ]
              },
              "role": {"type": "string"},
              "content": {
                "anyOf": [
                  {"type": "string"},
                  {
                    "type": "array",
                    "items": {
                      "type": "object", "required": ["type"],
                      "properties": {
                        "type": {"enum": ["input_text", "output_text", "input_image"]},
                        "text": {"type": "string"}, "image_url": {"type": "string"}
                      }
                    }
                  }
                ]
              },
              "call_id": {"type": "string"}, "name": {"type": "string"},
              "arguments": {"type": "string", "description": "JSON."},
              "output": {"type": "string"}, "encrypted_content": {"type": "string"}
            }
          }
        }
        """#
}
