"""Run the command line with `python -m menagerie`."""

from menagerie.cli import main

if __name__ == "__main__":
    main()
