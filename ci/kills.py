"""A long test of kills, as a process of the test sources that prints its sums as KEY=VALUE lines."""

import os
import random
import re
import subprocess
from pathlib import Path

from jobs import spark_opens
from parts import PartError, test_class_path


def killed(work: Path, module: str, main: str, sums: tuple[str, ...]) -> dict:
    """
    Runs it with SEED and KILLS of the environment, or a random seed and 60.

    :param sums: the names of the sums
    :return: the sums, ``seed``, ``wanted`` and the ``lines`` it printed
    :raises PartError: if it broke off or printed less
    """
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    wanted = int(os.environ.get("KILLS", "60"))
    print(f"seed {seed}, {wanted} kills", flush=True)
    log = work / "kills.log"
    command = [
        "java", *spark_opens(), "-Xmx2g", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m",
        "-cp", test_class_path(module), main, work / "lakes", seed, wanted,
    ]  # fmt: skip
    lines = []
    with (
        log.open("w") as err,
        subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=err, text=True) as process,
    ):
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    told = {key[1]: int(key[2]) for line in lines if (key := re.fullmatch(r"(\w+)=(\d+)", line))}
    if process.returncode or not set(sums) <= set(told):
        raise PartError(f"Cannot measure: the kills ended with {process.returncode}; look at {log}")
    return told | {"seed": seed, "wanted": wanted, "lines": lines}
