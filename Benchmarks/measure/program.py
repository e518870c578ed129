"""The apus under measurement, the models it writes, and the machine."""
import pathlib
import os
import platform
import statistics
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent.parent


def apus(path=None):
    """An executable that is given, or the release build of this folder."""
    if path:
        return path
    subprocess.run(["swift", "build", "-c", "release", "--product", "apus"], cwd=root, check=True,
                   stdout=sys.stderr)
    return str(root / ".build/release/apus")


def model(binary, shape, quant, copying=False):
    """A file of random weights, written once."""
    folder = root / ".build/bench-models"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{shape}-{quant}{'-copying' if copying else ''}.gguf"
    if not path.exists():
        print(f"writing {path.name}", file=sys.stderr)
        subprocess.run([binary, "bench", "--shape", shape, "--quant", quant, "--save", path,
                        *(["--copying"] if copying else [])], check=True)
    return str(path)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def cpu():
    """The processor's name, and what it has of the vector sets that matter."""
    name, flags = platform.processor() or platform.machine(), set()
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
            if line.startswith("flags"):
                flags = set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return name, [label for label, flag in
                  (("AVX2", "avx2"), ("AVX-512", "avx512f"), ("VNNI", "avx512_vnni"),
                   ("BF16", "avx512_bf16"), ("AMX", "amx_int8")) if flag in flags]


def machine(without_amx=False):
    """One line about the processor, its memory and the system.

    without_amx: neither program uses what the processor has of it."""
    name, sets = cpu()
    known = ", ".join(sets) or "no vector sets known"
    if without_amx:
        known += " (not used)"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{name}, {len(os.sched_getaffinity(0))} CPUs, {known}, "
            f"{memory:.0f} GiB, {platform.system()} {'.'.join(platform.release().split('.')[:2])}")


def processor(without_amx=False):
    """The processor's name as a folder is named: amd-epyc, intel-xeon-processor; amd-epyc-avx2 where
    it lacks AVX-512, intel-xeon-processor-amx where it has AMX (-amx-unused where neither program
    uses it), because a virtual machine tells no more of its model."""
    name, sets = cpu()
    name = name.lower().replace("(r)", "").replace("(tm)", "")
    words = "".join(c if c.isalnum() else " " for c in name).split()
    if "AMX" in sets:
        words.append("amx-unused" if without_amx else "amx")
    elif "AVX-512" not in sets:
        words.append("avx2" if "AVX2" in sets else "baseline")
    return "-".join(words)


def median(values):
    return statistics.median(values)
