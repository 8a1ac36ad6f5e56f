"""`python -m wizard`: the same as `mail-wizard`."""

import sys

from wizard.app import main

if __name__ == "__main__":
    sys.exit(main())
