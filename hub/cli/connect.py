"""`hub connect`: a vendor account, checked by a live call before anything is kept."""

import re
from typing import Annotated, Any

import typer

from hub.bootstrap import System
from hub.cli.exits import UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json
from hub.cli.printing import print_facts, print_json, say
from hub.cli.questions import gather
from hub.records.connection import Account, Family
from hub.sdk.config import check_config, split_secrets
from hub.services.vendors import connect as connecting

CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
Set = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A setting.")]
Secrets = Annotated[
    list[str],
    typer.Option("--secret", metavar="NAME", help="Ask for it, or take HUB_SECRET_<NAME>."),
]


def connect(
    connector: Annotated[str, typer.Argument(help="One of `hub plugin list`.")],
    code: Annotated[str, typer.Option(help="Short name, the prefix of its order numbers: NYC.")],
    title: Annotated[str, typer.Option(help="Its name on labels and screens.")] = "",
    given: Set = [],  # noqa: B006 - the command line makes a new one
    secret: Secrets = [],  # noqa: B006
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Connect a vendor account. It is only read until `hub connections writes CODE on`."""
    if not CODE.fullmatch(code):
        raise UsageError(f"{code!r} is no code: 2 to 12 capitals and digits, such as NYC or SHOP2")
    with opened() as system:
        descriptor = system.hub.registry.connector(connector)
        config = gather(descriptor.config_schema, given, secret)
        if dry_run:
            account = check_account(system, connector, config)
        else:
            _, account = connecting.connect(system.hub, connector, code, title, config)
        _tell(code, connector, account, descriptor.family, dry_run, as_json)


def check_account(system: System, connector: str, config: dict[str, Any]) -> Account:
    """Ask the vendor who we would be, and keep nothing."""
    hub = system.hub
    schema = hub.registry.connector(connector).config_schema
    shown, secrets = split_secrets(schema, check_config(schema, config))
    opened = hub.registry.open(
        "new", connector, shown, secrets, hub.http_for("new"), hub.store.clock,
        mail=hub.mail_for("new"),
    )  # fmt: skip
    return opened.connector.check()


def _tell(
    code: str, connector: str, account: Account, family: Family, dry_run: bool, as_json: bool
) -> None:
    facts = {"connection": code, "connector": connector, "account": account.id,
             "title": account.title, "currency": account.currency, "kept": not dry_run}  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
    if dry_run:
        say("The account answers; nothing was kept.")
    elif family == Family.STOREFRONT:
        say(f"The hub only reads {code}. Next: hub sync {code}, then hub connections plan {code}")
    else:
        say(f"Next: hub connections writes {code} on")
