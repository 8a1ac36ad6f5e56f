"""Where a frozen program begins: `mail-wizard`, with or without a console."""

import sys

from wizard.app import main

if __name__ == "__main__":
    sys.exit(main())
