"""`python -m services.auth api | worker | migrate | replay`."""

from libs.common.process import run_process
from services.auth import main

run_process(main)
