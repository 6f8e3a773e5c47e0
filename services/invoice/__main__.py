"""`python -m services.invoice api | worker | migrate | replay | verify-history`."""

import sys

from libs.common.process import run_process
from services.invoice import main, verify_history

if sys.argv[1:2] == ["verify-history"]:
    sys.exit(verify_history.run(sys.argv[2:]))
run_process(main)
