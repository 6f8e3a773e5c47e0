"""`python -m sandbox.mailbox`"""

from sandbox.mailbox.main import main

main()
