"""`python -m hub.testing.twins package.module:twin --data FILE` serves one twin until stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

from hub.testing.twins.serving import TlsFiles, set_up, when_started
from hub.testing.twins.twin import load_twin


def main() -> None:
    """Serve the twin named on the command line; say where on standard output."""
    given = _parser().parse_intermixed_args()
    tls = TlsFiles(given.tls_cert, given.tls_key) if given.tls_cert else None
    stage = set_up(
        load_twin(given.twin),
        data=given.data,
        seed=None if given.seed.lower() == "none" else Path(given.seed),
        port=given.port,
        tls=tls,
        options=dict(option.split("=", 1) for option in given.options),
    )
    when_started(stage.server, lambda: print(f"ready {stage.state.url}", flush=True))
    try:
        stage.server.run(sockets=[stage.listener])
    finally:
        stage.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub.testing.twins", description=__doc__)
    parser.add_argument("twin", help="import string, for example hub_woocommerce.twin:twin")
    parser.add_argument("--data", type=Path, required=True, help="the twin's file")
    parser.add_argument("--seed", default="none", help="folder to seed a new file from, or none")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("options", nargs="*", metavar="name=value", help="options of the twin")
    return parser


if __name__ == "__main__":
    main()
