"""`python -m services.support api | worker | migrate | replay`."""

from libs.common.process import run_process
from services.support import main

run_process(main)
