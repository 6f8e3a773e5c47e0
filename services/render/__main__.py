"""`python -m services.render api | worker | migrate | replay`."""

from libs.common.process import run_process
from services.render import main

run_process(main)
