extension OpenAPI {
    /// The store and what is loaded.
    static let modelSchemas = #"""
        {
          "Details": {
            "type": "object",
            "properties": {
              "parent_model": {"type": "string"}, "format": {"type": "string"},
              "family": {"type": "string"},
              "families": {"type": ["array", "null"], "items": {"type": "string"}},
              "parameter_size": {"type": "string"}, "quantization_level": {"type": "string"},
              "context_length": {"type": "integer"}, "embedding_length": {"type": "integer"}
            }
          },
          "ModelList": {
            "type": "object", "required": ["models"],
            "properties": {
              "models": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["name", "model", "modified_at", "size", "digest", "details"],
                  "properties": {
                    "name": {"type": "string"}, "model": {"type": "string"},
                    "modified_at": {"type": "string"}, "size": {"type": "integer"},
                    "digest": {"type": "string"},
                    "details": {"$ref": "#/components/schemas/Details"},
                    "capabilities": {"type": "array", "items": {"type": "string"}}
                  }
                }
              }
            }
          },
          "RunningModelList": {
            "type": "object", "required": ["models"],
            "properties": {
              "models": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["name", "model", "size", "digest", "details", "expires_at"],
                  "properties": {
                    "name": {"type": "string"}, "model": {"type": "string"},
                    "size": {"type": "integer"}, "digest": {"type": "string"},
                    "details": {"$ref": "#/components/schemas/Details"},
                    "expires_at": {"type": "string"}, "size_vram": {"type": "integer"},
                    "context_length": {"type": "integer"},
                    "cache": {"$ref": "#/components/schemas/CacheUsage"}
                  }
                }
              },
              "disk_cache": {"$ref": "#/components/schemas/CacheUsage"}
            }
          },
          "CacheUsage": {
            "type": "object", "required": ["size", "budget"],
            "description": "Bytes taken, and bytes that may be taken; with verbose=true only.",
            "properties": {"size": {"type": "integer"}, "budget": {"type": "integer"}}
          },
          "ModelName": {
            "type": "object",
            "properties": {
              "model": {"type": "string"},
              "name": {"type": "string", "description": "The older name of model."}
            }
          },
          "ShowRequest": {
            "type": "object",
            "properties": {
              "model": {"type": "string"}, "name": {"type": "string"},
              "verbose": {"type": "boolean"}, "system": {"type": "string"},
              "template": {"type": "string"}, "options": {"type": "object"}
            }
          },
          "ShowResponse": {
            "type": "object", "required": ["details", "model_info", "modified_at"],
            "properties": {
              "license": {"type": "string"}, "modelfile": {"type": "string"},
              "parameters": {"type": "string"}, "template": {"type": "string"},
              "system": {"type": "string"}, "details": {"$ref": "#/components/schemas/Details"},
              "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
              "model_info": {"type": "object"}, "projector_info": {"type": "object"},
              "tensors": {"type": "array", "items": {"type": "object"}},
              "capabilities": {"type": "array", "items": {"type": "string"}},
              "modified_at": {"type": "string"}
            }
          },
          "CreateRequest": {
            "type": "object",
            "properties": {
              "model": {"type": "string"}, "name": {"type": "string"}, "from": {"type": "string"},
              "files": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
              "adapters": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
              "template": {"type": "string"},
              "license": {
                "anyOf": [
                  {"type": "string"}, {"type": "array", "items": {"type": "string"}},
                  {"type": "null"}
                ]
              },
              "system": {"type": "string"}, "parameters": {"type": ["object", "null"]},
              "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
              "stream": {"type": ["boolean", "null"]}, "quantize": {"enum": ["", "F32", "F16", "Q4_K_S", "Q4_K_M", "Q8_0"]}
            }
          },
          "CopyRequest": {
            "type": "object", "required": ["source", "destination"],
            "properties": {"source": {"type": "string"}, "destination": {"type": "string"}}
          },
          "TransferRequest": {
            "type": "object",
            "properties": {
              "model": {"type": "string"}, "name": {"type": "string"},
              "insecure": {"type": "boolean"}, "stream": {"type": ["boolean", "null"]}
            }
          },
          "Progress": {
            "type": "object", "description": "One step of a longer work.",
            "properties": {
              "status": {"type": "string"}, "digest": {"type": "string"},
              "total": {"type": "integer"}, "completed": {"type": "integer"},
              "error": {"type": "string"}
            }
          }
        }
        """#
}
