extension OpenAPI {
    /// Anthropic's forms.
    static let anthropicSchemas = #"""
        {
          "AnthropicError": {
            "type": "object", "required": ["error"],
            "properties": {
              "error": {
                "type": "object", "required": ["type", "message"],
                "properties": {"type": {"type": "string"}, "message": {"type": "string"}}
              },
              "type": {"const": "error"}, "request_id": {"type": "string"}
            }
          },
          "MessagesRequest": {
            "type": "object", "required": ["model", "messages", "max_tokens"],
            "properties": {
              "max_tokens": {"type": "integer", "minimum": 1}, "model": {"type": "string"},
              "messages": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["role", "content"],
                  "properties": {
                    "role": {"type": "string"},
                    "content": {
                      "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]
                    }
                  }
                },
                "minItems": 1
              },
              "system": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]},
              "stream": {"type": "boolean"}, "temperature": {"type": "number"},
              "top_p": {"type": "number"}, "top_k": {"type": "integer"},
              "stop_sequences": {"type": "array", "items": {"type": "string"}},
              "tools": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["name"],
                  "properties": {
                    "name": {"type": "string"}, "description": {"type": "string"},
                    "input_schema": {"type": "object"}
                  }
                }
              },
              "tool_choice": {
                "type": "object", "required": ["type"],
                "properties": {
                  "type": {"enum": ["auto", "any", "tool", "none"]}, "name": {"type": "string"},
                  "disable_parallel_tool_use": {"type": "boolean"}
                }
              },
              "thinking": {
                "type": "object",
                "properties": {
                  "type": {"enum": ["enabled", "disabled", "adaptive"]},
                  "budget_tokens": {"type": "integer", "minimum": 0}
                }
              },
              "output_config": {
                "type": "object",
                "properties": {
                  "effort": {"enum": ["low", "medium", "high", "xhigh", "max"]},
                  "format": {
                    "type": "object", "required": ["type", "schema"],
                    "properties": {
                      "type": {"const": "json_schema"}, "schema": {"type": "object"}
                    }
                  }
                }
              },
              "metadata": {"type": "object"}
            }
          },
          "CountTokensRequest": {
            "type": "object", "required": ["model", "messages"],
            "properties": {
              "model": {"type": "string"},
              "messages": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["role", "content"],
                  "properties": {
                    "role": {"type": "string"},
                    "content": {
                      "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]
                    }
                  }
                },
                "minItems": 1
              },
              "system": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]},
              "stream": {"type": "boolean"}, "temperature": {"type": "number"},
              "top_p": {"type": "number"}, "top_k": {"type": "integer"},
              "stop_sequences": {"type": "array", "items": {"type": "string"}},
              "tools": {
                "type": "array",
                "items": {
                  "type": "object", "required": ["name"],
                  "properties": {
                    "name": {"type": "string"}, "description": {"type": "string"},
                    "input_schema": {"type": "object"}
                  }
                }
              },
              "tool_choice": {
                "type": "object", "required": ["type"],
                "properties": {
                  "type": {"enum": ["auto", "any", "tool", "none"]}, "name": {"type": "string"},
                  "disable_parallel_tool_use": {"type": "boolean"}
                }
              },
              "thinking": {
                "type": "object",
                "properties": {
                  "type": {"enum": ["enabled", "disabled", "adaptive"]},
                  "budget_tokens": {"type": "integer", "minimum": 0}
                }
              },
              "output_config": {"type": "object", "properties": {"effort": {"enum": ["low", "medium", "high", "xhigh", "max"]}}},
              "metadata": {"type": "object"}
            }
          },
          "TokenCount": {
            "type": "object", "required": ["input_tokens"],
            "properties": {"input_tokens": {"type": "integer"}}
          },
          "MessagesAnswer": {
            "type": "object", "required": ["id", "type", "role", "model", "content", "usage"],
            "properties": {
              "id": {"type": "string"}, "type": {"const": "message"},
              "role": {"const": "assistant"}, "model": {"type": "string"},
              "content": {
                "type": ["array", "null"],
                "items": {
                  "type": "object", "required": ["type"],
                  "properties": {"type": {"type": "string"}}
                }
              },
              "stop_reason": {"type": "string"}, "stop_sequence": {"type": "string"},
              "usage": {
                "type": "object", "required": ["input_tokens", "output_tokens"],
                "properties": {"input_tokens": {"type": "integer"}, "output_tokens": {"type": "integer"}}
              }
            }
          }
        }
        """#
}
