"""`python -m services.invoice api | worker | migrate | replay | verify-history | ask-authority`."""

import sys

from libs.common.process import run_process
from services.invoice import ask_authority, main, verify_history

if sys.argv[1:2] == ["verify-history"]:
    sys.exit(verify_history.run(sys.argv[2:]))
if sys.argv[1:2] == ["ask-authority"]:
    sys.exit(ask_authority.run(sys.argv[2:]))
run_process(main)
