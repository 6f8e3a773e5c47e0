"""`python -m services.notify api | worker | migrate | replay`."""

from libs.common.process import run_process
from services.notify import main

run_process(main)
