"""What the page shows of the counts: each resource type from the source over bronze and silver to its views and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epic_fhir.evidence import by_reference

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence


def table(evidence: Evidence) -> list[dict[str, Any]]:
    """One row per resource type: what this export brought, what silver holds in all, and its views on both sides."""
    extract, transform, load = evidence.told.get("result") or {}, evidence.result("transform"), evidence.result("load")
    sent, manifest = evidence.told.get("resources") or {}, extract.get("manifest_counts") or {}
    bronze = evidence.written()
    silver, views, tables = transform.get("silver") or {}, transform.get("views") or {}, load.get("tables") or {}
    rows = []
    for kind in sorted({*bronze, *silver, *(view.get("resource") for view in views.values() if view.get("resource"))}):
        counts, state = sent.get(kind) or {}, silver.get(kind) or {}
        mine = {name: view for name, view in sorted(views.items()) if view.get("resource") == kind}
        rows.append(
            {
                "type": kind,
                "served": manifest[kind] + by_reference(extract, kind) if kind in manifest else counts.get("received"),
                "bronze": bronze.get(kind),
                "quarantined": counts.get("rejected"),
                "silver": state.get("rows_live"),
                "tombstones": state.get("tombstones"),
                "views": [
                    {
                        "view": name,
                        "matches": view.get("let_through"),
                        "rows": view.get("rows"),
                        "postgres": (tables.get(name) or {}).get("rows"),
                    }
                    for name, view in mine.items()
                ],
            }
        )
    return rows
