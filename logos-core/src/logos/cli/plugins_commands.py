"""``logos plugins``: what is installed, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer

from logos.cli.output import emit_json, print_table
from logos.plugins.offers import Offer
from logos.plugins.registry import load_registry

app = typer.Typer(help="List installed plugins and what is wrong with them.", no_args_is_help=True)

_COLUMNS = ("kind", "name", "distribution", "version", "state", "summary")


@app.callback()
def _plugins() -> None:
    """List installed plugins and what is wrong with them."""


@app.command("list")
def list_plugins(
    *,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only parts of this kind, such as guard, or plugin for failed ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List every part that is installed, and every plugin that failed. Nothing heavy is imported."""
    offers = load_registry().offers(kind)
    if as_json:
        emit_json({"plugins": [_record(offer) for offer in offers]})
        return
    rows = [
        (offer.kind, offer.name, offer.distribution, offer.version, offer.status, _summary(offer)) for offer in offers
    ]
    print_table("", _COLUMNS, rows)
    _print_mends(offers)


def _summary(offer: Offer) -> str:
    return offer.summary if offer.part else "see below"


def _print_mends(offers: tuple[Offer, ...]) -> None:
    for offer in offers:
        if offer.mend:
            typer.echo(f"\n{offer.kind} {offer.qualified}: {offer.fault}\n  mend: {offer.mend}")


def _record(offer: Offer) -> dict[str, object]:
    return {
        "kind": offer.kind,
        "name": offer.name,
        "distribution": offer.distribution,
        "version": offer.version,
        "state": offer.status,
        "summary": offer.summary,
        "capabilities": sorted(offer.part.capabilities) if offer.part else [],
        "fault": offer.fault,
        "mend": offer.mend,
    }
