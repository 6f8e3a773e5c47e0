"""`python -m deploy.local COMMAND [NAME]`; people use it through `make`."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping

from deploy.local import commands, operate, show
from deploy.local.broker import copy_jars
from deploy.local.preparation import checkpoint, prepare
from deploy.local.processes import make_processes
from deploy.local.stack import Stack, load_stack
from deploy.local.supervisor import supervise

COMMANDS: Mapping[str, Callable[[Stack], None]] = {
    "up": commands.up,
    "down": commands.down,
    "status": show.status,
    "clean": commands.clean,
    "fetch": lambda stack: copy_jars(stack.jars),
    "migrate": commands.migrate,
    "prepare": lambda stack: asyncio.run(prepare(stack)),
    "checkpoint": lambda stack: asyncio.run(checkpoint(stack)),
    "rotate-keys": operate.rotate_keys,
    "supervise": lambda stack: supervise(stack, make_processes(stack)),
}
NAMED_COMMANDS: Mapping[str, Callable[[Stack, str], None]] = {
    "start": commands.start,
    "stop": commands.stop,
    "restart": commands.restart,
    "logs": show.logs,
    "replay": operate.replay,
}


def main() -> None:
    os.umask(0o022)
    command, name = (*sys.argv[1:], "", "")[:2]
    stack = load_stack()
    if command in COMMANDS:
        COMMANDS[command](stack)
    elif command in NAMED_COMMANDS:
        NAMED_COMMANDS[command](stack, name)
    else:
        raise SystemExit(f"usage: python -m deploy.local {'|'.join([*COMMANDS, *NAMED_COMMANDS])} [NAME]")


main()
