"""``logos plugins``: what is installed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from logos.cli.output import emit_json, print_table
from logos.plugins.offers import PLUGIN, Offer
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
        str | None,
        typer.Option("--kind", help="Only parts of this kind, such as guard, or plugin for plugins without a part."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List every part that is installed, and every plugin that failed or offers none. Nothing heavy is imported."""
    registry = load_registry()
    offers = registry.offers(kind)
    others = registry.without_parts() if kind in {None, PLUGIN} else ()
    if as_json:
        emit_json(
            {
                "plugins": [
                    *map(_record, offers),
                    *(_record(offer, _answers(hooks)) for offer, hooks in others),
                ]
            }
        )
        return
    rows = [(*_cells(offer), offer.summary if offer.part else "see below") for offer in offers]
    rows += [(*_cells(offer), _answers(hooks)) for offer, hooks in others]
    print_table("", _COLUMNS, rows)
    _print_mends(offers)


def _answers(hooks: Sequence[str]) -> str:
    return f"Offers no part; answers {', '.join(hooks) or 'no hook'}"


def _cells(offer: Offer) -> tuple[str, ...]:
    return offer.kind, offer.name, offer.distribution, offer.version, offer.status


def _print_mends(offers: tuple[Offer, ...]) -> None:
    for offer in offers:
        if offer.mend:
            typer.echo(f"\n{offer.kind} {offer.qualified}: {offer.fault}\n  mend: {offer.mend}")


def _record(offer: Offer, summary: str = "") -> dict[str, object]:
    return {
        "kind": offer.kind,
        "name": offer.name,
        "distribution": offer.distribution,
        "version": offer.version,
        "state": offer.status,
        "summary": summary or offer.summary,
        "capabilities": sorted(offer.part.capabilities) if offer.part else [],
        "fault": offer.fault,
        "mend": offer.mend,
    }
