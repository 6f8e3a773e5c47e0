"""`python -m services.invoice api | worker | migrate | replay`."""

from libs.common.process import run_process
from services.invoice import main

run_process(main)
