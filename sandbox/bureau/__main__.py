"""`python -m sandbox.bureau`"""

from sandbox.bureau.main import main

main()
