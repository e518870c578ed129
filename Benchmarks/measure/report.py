"""What was measured, kept as JSON, and the tables that are made of it."""
import json
import pathlib
import statistics

# Multiplications and additions of the layers' matrices for one token, and bytes of keys and values
# (F16) that one position has.
SHAPES = {
    # name: layers, width, inner, heads, key/value heads
    "qwen2.5-0.5b": (24, 896, 4864, 14, 2), "qwen2.5-1.5b": (28, 1536, 8960, 12, 2),
    "llama3.2-1b": (16, 2048, 8192, 32, 8), "smollm2-135m": (30, 576, 1536, 9, 3),
}


def operations(name):
    shape = SHAPES.get(name.split(" ")[0])
    if not shape:
        return 0
    layers, width, inner, heads, shared = shape
    keys = width // heads * shared
    return 2 * layers * (2 * width * width + 2 * width * keys + 3 * width * inner)


def cache_bytes(name):
    shape = SHAPES.get(name.split(" ")[0])
    if not shape:
        return 0
    layers, width, _, heads, shared = shape
    return layers * 2 * (width // heads * shared) * 2


def summary(pairs):
    """Medians of both, and median, least and greatest of the ratios: ours over theirs."""
    ratios = [ours / theirs for theirs, ours in pairs]
    return {"llama": statistics.median(x for x, _ in pairs),
            "apus": statistics.median(y for _, y in pairs),
            "ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
            "pairs": len(pairs)}


class Results:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "compare.json"
        self.all = json.loads(self.path.read_text()) if self.path.exists() else {}

    def keep(self):
        self.path.write_text(json.dumps(self.all, indent=1, sort_keys=True) + "\n")
        (self.folder / "compare.md").write_text(self.text())

    def note(self, **facts):
        self.all.setdefault("facts", {}).update({k: v for k, v in facts.items() if v is not None})

    def add(self, part, name, key, values):
        self.all.setdefault(part, {}).setdefault(name, {})[str(key)] = values
        self.keep()

    def add_processes(self, part, name, length, pairs):
        def column(read):
            return summary([(read(theirs), read(ours)) for theirs, ours in pairs])

        values = column(lambda x: x[part]["median"])
        ours = [y for _, y in pairs]
        bandwidth = statistics.median(y["memory_bandwidth_bytes_per_second"] for y in ours)
        values["bandwidth"] = bandwidth
        if part == "prefill":
            values["load"] = column(lambda x: x["load_seconds"])
            values["memory"] = column(lambda x: x["peak_memory_bytes"])
        else:
            read = ours[0]["weight_bytes_per_step"] + length * cache_bytes(name)
            values["share"] = statistics.median(
                y["decode"]["median"] * read / y["memory_bandwidth_bytes_per_second"] for y in ours)
        self.add(part, name, length, values)

    def add_http(self, name, clients, rates, theirs, ours):
        values = summary(rates)
        values["memory"] = {"llama": theirs, "apus": ours}
        self.add("http", name, clients, values)

    def add_ttft(self, name, times):
        for key, pairs in times.items():
            if pairs[0][0] is None:
                self.add("ttft", name, key, {"apus": statistics.median(y for _, y in pairs),
                                             "pairs": len(pairs)})
            else:
                self.add("ttft", name, key, summary(pairs))

    # Text

    def text(self):
        facts = self.all.get("facts", {})
        lines = ["# Apus beside llama.cpp", "",
                 f"{facts.get('machine')}; {facts.get('threads')} threads; {facts.get('date')}.", ""]
        if facts.get("llama"):
            lines.append(f"llama.cpp: llama-cpp-python {facts['llama']}, built natively.")
        if facts.get("server"):
            lines.append(f"Its server: {facts['server']}.")
        if facts.get("peak"):
            lines.append(f"8-bit operations measured in registers: {facts['peak'] / 1e9:.0f} GOPS "
                         f"({facts['peak_name']}). Bandwidth is measured in each run.")
        lines += ["", "Medians of alternating pairs; the ratio is the median of the pairs' ratios, with the least "
                  "and the greatest. Written by `Benchmarks/compare`.", ""]
        self.rates(lines, "prefill", "Prefill, tokens/s", "tokens", "of 8-bit peak")
        self.rates(lines, "decode", "Decode, tokens/s", "context", "of bandwidth")
        self.rates(lines, "http", "Through HTTP, tokens/s of all clients", "clients", None)
        self.starts(lines)
        self.memory(lines)
        return "\n".join(lines).rstrip() + "\n"

    def rows(self, part):
        for name, values in self.all.get(part, {}).items():
            for key, row in sorted(values.items(), key=lambda x: (len(x[0]), x[0])):
                yield name, key, row

    def rates(self, lines, part, title, column, share):
        if part not in self.all:
            return
        lines += [f"## {title}", "",
                  f"| model | {column} | llama.cpp | Apus | ratio | least–most, pairs |" + (f" {share} |" if share else ""),
                  "|---|---|---|---|---|---|" + ("---|" if share else "")]
        for name, key, row in self.rows(part):
            line = (f"| {name} | {key} | {row['llama']:.1f} | {row['apus']:.1f} | **{row['ratio']:.2f}** "
                    f"| {row['least']:.2f}–{row['most']:.2f}, {row['pairs']} |")
            if share:
                used = self.peak_share(name, row) if part == "prefill" else row["share"]
                line += f" {used * 100:.0f} % |" if used else " |"
            lines.append(line)
        lines.append("")

    def peak_share(self, name, row):
        """Of the machine's 8-bit operations; float weights use none of them."""
        peak = self.all["facts"].get("peak")
        return row["apus"] * operations(name) / peak if peak and not name.endswith("F16") else None

    def starts(self, lines):
        if "ttft" not in self.all:
            return
        names = {"cold": "from the start of the process, 32 tokens",
                 "warm": "unknown text of 2,000 tokens", "known": "2,000 tokens seen before",
                 "restart": "2,000 tokens seen before a restart"}
        lines += ["## First token, seconds", "", "| model | | llama.cpp | Apus | llama.cpp / Apus |",
                  "|---|---|---|---|---|"]
        for name, values in self.all["ttft"].items():
            for key in names:
                if row := values.get(key):
                    theirs = f"{row['llama']:.3f}" if "llama" in row else "–"
                    ratio = f"**{1 / row['ratio']:.2f}**" if "ratio" in row else ""
                    lines.append(f"| {name} | {names[key]} | {theirs} | {row['apus']:.3f} | {ratio} |")
        lines.append("")

    def memory(self, lines):
        rows = []
        for name, key, row in self.rows("prefill"):
            load, memory = row["load"], row["memory"]
            rows.append(f"| {name} | prompt of {key} | {load['llama']:.3f} | {load['apus']:.3f} "
                        f"| {memory['llama'] / 2**20:.0f} | {memory['apus'] / 2**20:.0f} |")
        for name, key, row in self.rows("http"):
            memory = row["memory"]
            rows.append(f"| {name} | server, {key} clients | | | {memory['llama'] / 2**20:.0f} "
                        f"| {memory['apus'] / 2**20:.0f} |")
        if rows:
            lines += ["## Load time, seconds, and peak memory, MiB", "",
                      "| model | | llama.cpp loads | Apus loads | llama.cpp | Apus |",
                      "|---|---|---|---|---|---|", *rows, ""]
