"""`python -m tests.chaos`: invoices issued while everything is killed, and an account of what became of them."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.checker.verdict import broken
from tests.chaos.defects import DEFECTS
from tests.chaos.run import Options, run
from tests.chaos.tree import ROOT


def main() -> int:
    arguments = _parse()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    invoices, faults = (DEFECTS[arguments.defect].invoices, 15) if arguments.defect else (300, 24)
    options = Options(
        seed=seed,
        invoices=arguments.invoices or invoices,
        faults=arguments.faults or faults,
        defect=arguments.defect,
    )
    folder = arguments.stack_dir or _make_folder(options)
    folder.mkdir(parents=True, exist_ok=True)
    is_good = not broken(asyncio.run(run(options, folder)))
    is_as_wanted = is_good != bool(options.defect)
    if is_as_wanted and arguments.stack_dir is None and not arguments.keep:
        shutil.rmtree(folder)
    else:
        print(f"History, logs and data are in {folder}")
    return 0 if is_as_wanted else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="draws faults and clients; a random one is printed")
    parser.add_argument("--invoices", type=int, help="300; with a defect its own number")
    parser.add_argument("--faults", type=int, help="24; with a defect 15")
    parser.add_argument(
        "--defect", default="", choices=["", *DEFECTS], help="plant this defect; 0 if noticed"
    )
    parser.add_argument(
        "--stack-dir", type=Path, help="an empty folder for code, data and logs, which are kept"
    )
    parser.add_argument("--keep", action="store_true", help="keep code, data and logs")
    return parser.parse_args()


def _make_folder(options: Options) -> Path:
    parent = ROOT / ".local" / "chaos"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{options.seed}-{options.defect or 'sound'}-", dir=parent))


if __name__ == "__main__":
    sys.exit(main())
