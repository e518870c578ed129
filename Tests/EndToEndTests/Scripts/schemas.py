"""JSON schemas made at random, the same ones for the same seed, over every keyword that is honoured."""
import random
import re

WORDS = ["id", "name", "tags", "größe", "価格", "a b", 'say "x"', "x-y", "kind", "value", "next", "unit", "count", "note"]
TEXTS = ["", "red", "green", "两", "tab\there", 'q"q', "back\\slash", "naïve", "👍", "line\nbreak"]
PATTERNS = [
    "^[0-9]{3}-[0-9]{4}$", "^(cat|dog)s?$", "^a?b+c*$", "^#[0-9a-fA-F]{6}$", "x", "^[A-Z][a-z]{1,8}$", "[0-9]$",
    "^(ab|cd){1,3}$", "^[^aeiou]{2,5}$", "^\\w+@\\w+$", "^.{1,4}$", "^[\\u4e00-\\u9fff]{1,6}$", "^(\\d{1,3}\\.){3}\\d{1,3}$",
    "^\\s*[+-]?\\d+\\s*$", "^[\"\\\\\\/]{1,3}$", "^é{2}",
]
FORMATS = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "hostname", "uri", "duration"]


class Schemas:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.definitions = {}

    def schema(self):
        r = self.random
        self.definitions = {}
        for index in range(r.choice([0, 0, 1, 2])):
            self.definitions[f"d{index}"] = None
        for name in self.definitions:
            self.definitions[name] = self.value(2)
        root = self.value(3)
        if self.definitions:
            root = dict(root)
            root["$defs"] = self.definitions
        if r.random() < 0.3:
            root = dict(root, title="A title", description="What it is", **{"x-order": 1})
        return root

    def value(self, depth):
        r = self.random
        leaves = [self.string, self.string, self.integer, self.number, self.boolean, self.null, self.enum, self.const, self.kinds]
        inner = [self.object, self.object, self.object, self.array, self.array, self.any_of, self.one_of, self.all_of, self.reference]
        if depth <= 0:
            return r.choice(leaves)()
        if r.random() < (0.8 if depth > 2 else 0.5):
            return r.choice(inner)(depth)
        return r.choice(leaves)()

    def string(self):
        r = self.random
        kind = r.randrange(5)
        schema = {"type": "string"}
        if kind == 1:
            schema["minLength"] = low = r.randrange(4)
            if r.random() < 0.7:
                schema["maxLength"] = low + r.randrange(6)
        elif kind == 2:
            schema["pattern"] = r.choice(PATTERNS)
        elif kind == 3:
            schema["format"] = r.choice(FORMATS)
        elif kind == 4:
            schema["pattern"] = r.choice(["x", "[0-9]$", "^[a-z]+$"])
            schema["maxLength"] = r.randrange(2, 9)
        return schema

    def bounds(self, digits):
        r = self.random
        low = round(r.uniform(-150, 150), digits)
        high = round(low + r.uniform(10, 500), digits)
        schema = {}
        if r.random() < 0.7:
            schema[r.choice(["minimum", "exclusiveMinimum"])] = low if digits else int(low)
        if r.random() < 0.7:
            schema[r.choice(["maximum", "exclusiveMaximum"])] = high if digits else int(high)
        return schema

    def integer(self):
        schema = {"type": "integer", **self.bounds(0)}
        if self.random.random() < 0.3:
            schema["multipleOf"] = self.random.choice([2, 3, 5, 7, 10])
        return schema

    def number(self):
        schema = {"type": "number", **self.bounds(self.random.choice([0, 1, 2, 3]))}
        if self.random.random() < 0.3:
            schema["multipleOf"] = self.random.choice([0.5, 0.25, 0.01, 0.1, 3])
        return schema

    def boolean(self):
        return {"type": "boolean"}

    def null(self):
        return {"type": "null"}

    def scalar(self):
        r = self.random
        return r.choice([None, True, False, r.randrange(-20, 20), r.choice([0.5, -1.25, 3.75]), r.choice(TEXTS), r.choice(TEXTS)])

    def constant(self):
        r = self.random
        kind = r.randrange(6)
        if kind == 0:
            return [self.scalar() for _ in range(r.randrange(4))]
        if kind == 1:
            return {key: self.scalar() for key in r.sample(WORDS, r.randrange(3))}
        return self.scalar()

    def enum(self):
        r = self.random
        if r.random() < 0.2:
            return {"enum": [1, 2.5, "a", "abc", [1], [1, 2], {}], **r.choice([{"minimum": 2}, {"minLength": 2}, {"minItems": 2}, {"type": ["number", "array"]}])}
        return {"enum": [self.constant() for _ in range(r.randrange(1, 6))]}

    def const(self):
        return {"const": self.constant()}

    def kinds(self):
        r = self.random
        kinds = r.sample(["string", "integer", "number", "boolean", "null"], r.randrange(2, 4))
        schema = {"type": kinds}
        if "string" in kinds and r.random() < 0.5:
            schema["maxLength"] = 5
        if "integer" in kinds and r.random() < 0.5:
            schema["minimum"] = -3
        return schema

    def array(self, depth):
        r = self.random
        schema = {"type": "array"}
        if r.random() < 0.35:
            schema["prefixItems"] = [self.value(depth - 1) for _ in range(r.randrange(1, 4))]
            schema["items"] = r.choice([False, self.value(depth - 1)])
            if r.random() < 0.5:
                schema["minItems"] = r.randrange(len(schema["prefixItems"]) + 1)
            return schema
        if r.random() < 0.9:
            schema["items"] = self.value(depth - 1)
        if r.random() < 0.5:
            schema["minItems"] = low = r.randrange(3)
            if r.random() < 0.6:
                schema["maxItems"] = low + r.randrange(3)
        return schema

    def object(self, depth):
        r = self.random
        names = r.sample(WORDS, r.choice([0, 1, 2, 2, 3, 4, 6, 11]))
        schema = {"type": "object"}
        if names:
            schema["properties"] = {name: self.value(depth - 1) for name in names}
            schema["required"] = [name for name in names if r.random() < 0.5]
        kind = r.randrange(8)
        if kind == 0:
            schema["additionalProperties"] = False
        elif kind == 1:
            schema["additionalProperties"] = self.value(0)
        elif kind == 2:
            schema["additionalProperties"] = True
        elif kind == 3:
            pattern = r.choice(["^x-", "^[0-9]+$", "id"])
            # A declared property that the pattern matches has to satisfy both.
            schema["patternProperties"] = {pattern: {} if any(re.search(pattern, name) for name in names) else self.value(0)}
            if r.random() < 0.5:
                schema["additionalProperties"] = r.choice([False, {"type": "null"}])
        elif kind == 4:
            schema["minProperties"] = min(len(names), r.randrange(3))
            schema["maxProperties"] = max(len(schema.get("required", [])), schema["minProperties"], 1) + r.randrange(3)
        elif kind == 5:
            schema["unevaluatedProperties"] = False
        elif kind == 6:
            schema["propertyNames"] = r.choice([{"type": "string"}, {"pattern": "^[a-zé価格ößr\" xy-]*$"}, {"maxLength": 8}])
            schema["additionalProperties"] = self.value(0)
        return schema

    def any_of(self, depth):
        return {"anyOf": [self.value(depth - 1) for _ in range(self.random.randrange(1, 4))]}

    def one_of(self, depth):
        r = self.random
        kind = r.randrange(5)
        if kind == 0:
            return {"oneOf": [self.string(), self.integer(), self.boolean(), self.object(depth - 1), self.array(depth - 1)][: r.randrange(2, 6)]}
        if kind == 1:
            options = []
            for tag in r.sample(["cat", "dog", "bird"], r.randrange(2, 4)):
                option = self.object(depth - 1)
                option.pop("maxProperties", None)
                option.pop("propertyNames", None)
                option["properties"] = {"type": {"const": tag}, **option.get("properties", {})}
                option["required"] = option.get("required", []) + (["type"] if r.random() < 0.7 else [])
                options.append(option)
            return {"oneOf": options}
        if kind == 2:
            return {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "number", "exclusiveMinimum": 3}, {"type": "null"}]}
        if kind == 3:
            return {"type": "object", "properties": {"a": self.value(0), "b": self.value(0), "c": self.value(0)}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
        return {"oneOf": [{"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^[b-z]"}, {"type": "string", "maxLength": 0}]}

    def all_of(self, depth):
        r = self.random
        kind = r.randrange(3)
        if kind == 0:
            first, second = self.object(depth - 1), self.object(depth - 1)
            for key in ("additionalProperties", "unevaluatedProperties", "patternProperties", "minProperties", "maxProperties", "propertyNames"):
                first.pop(key, None)
                second.pop(key, None)
            for name in list(second.get("properties", {})):
                if name in first.get("properties", {}):
                    del second["properties"][name]
                    second["required"] = [key for key in second["required"] if key != name]
            return {"allOf": [first, second], **({"unevaluatedProperties": False} if r.random() < 0.3 else {})}
        if kind == 1:
            return {"type": "integer", "allOf": [{"minimum": r.randrange(10)}, {"maximum": r.randrange(20, 200)}, {"multipleOf": r.choice([1, 2, 3])}]}
        return {"allOf": [{"type": "string", "minLength": 2}, {"pattern": "^[a-c]+$"}, {"maxLength": 6}]}

    def reference(self, depth):
        r = self.random
        if not self.definitions:
            return self.value(depth - 1)
        target = {"$ref": "#/$defs/" + r.choice(list(self.definitions))}
        # Recursion has a way out.
        value = r.choice([{"type": "array", "items": target, "maxItems": 2}, {"anyOf": [{"type": "null"}, target]}])
        return {"type": "object", "properties": {"next": value, "value": {"type": "integer"}}, "required": ["value"]}
