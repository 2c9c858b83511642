"""`python -m hub` is the command `hub`."""

from hub.cli.main import run

if __name__ == "__main__":
    run()
