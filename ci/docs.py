"""
Gathers the documentation site's sources in build/docs-source: the pages of docs/, the folders' READMEs, and the reference pages
that are generated from the settings files and the views. ci/docs.sh builds the site from them.
"""

import json
import os
import re
import shutil
import sys
from html import escape
from pathlib import Path

from markdown_svgbob import wrapper

import dictionary
import settings_reference
from parts import HOME

NAV: list[tuple[str, list[tuple[str, str]]]] = [
    ("Start", [("Overview", "README.md"), ("The first hour", "docs/tutorial.md"), ("Glossary", "docs/glossary.md")]),
    (
        "How to",
        [
            ("Connect your Epic", "docs/how-to/your-epic.md"),
            ("Run it on a cluster", "docs/how-to/your-cluster.md"),
            ("Several sites", "docs/how-to/several-sites.md"),
            ("Write a view", "conf/WRITING-VIEWS.md"),
            ("Write a joined table", "conf/WRITING-SQL-VIEWS.md"),
        ],
    ),
    ("On call", [("Runbook", "docs/runbook.md"), ("DAGs", "dags/README.md")]),
    (
        "Reference",
        [
            ("Tables", "conf/TABLES.md"),
            ("Columns", "docs/reference/columns.md"),
            ("Settings", "docs/reference/settings.md"),
            ("The lake", "docs/reference/lake-layout.md"),
            ("Run report", "docs/reference/run-report.md"),
            ("FHIRPath and views", "transform-job/VIEWS.md"),
            ("Configuration files", "conf/README.md"),
        ],
    ),
    (
        "Security",
        [
            ("What is promised", "SECURITY.md"),
            ("Threat model", "docs/threat-model.md"),
            ("Where patient data lies", "docs/patient-data.md"),
        ],
    ),
    (
        "Inside",
        [
            ("common", "common/README.md"),
            ("extract-job", "extract-job/README.md"),
            ("transform-job", "transform-job/README.md"),
            ("load-job", "load-job/README.md"),
            ("The sandbox server", "ci/sandbox/README.md"),
            ("ci", "ci/README.md"),
            ("Decisions", "docs/decisions/README.md"),
            ("Measurements", "docs/measurements.md"),
        ],
    ),
    ("Project", [("Contributing", "CONTRIBUTING.md"), ("Changes", "CHANGELOG.md")]),
]
"""The site's pages; one that is not in the repository is left out."""

STYLE = """\
.md-typeset td:first-child code { white-space: nowrap; }
.md-typeset td code { word-break: normal; overflow-wrap: anywhere; }
.md-grid { max-width: 76rem; }
.md-typeset img[src*="drawings/"] { max-width: 100%; min-width: 28rem; }
.md-typeset p:has(> img[src*="drawings/"]) { overflow-x: auto; }
"""

LINK = re.compile(r"(\[[^\]]*\])\(([^)\s]+)\)")
CODE = re.compile(r"(^(?: {4}|\t).*$|^```.*?^```$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LIST_AFTER_PARAGRAPH = re.compile(r"^((?!\s|[-*] |\d+\. |#|\||>).+)\n(?=(?:[-*]|1\.) )", re.MULTILINE)
DRAWING = re.compile(r"[─│┌┐└┘├┤┬┴►▲▼]")


def main() -> None:
    source = HOME / "build" / "docs-source"
    shutil.rmtree(source, ignore_errors=True)
    pages = source / "pages"
    generated = {
        "docs/reference/settings.md": settings_reference.page(HOME / "conf"),
        "docs/reference/columns.md": columns(HOME / "conf" / "views"),
    }
    nav = [(title, [(name, path) for name, path in group if path in generated or (HOME / path).exists()]) for title, group in NAV]
    site = {path: site_path(path) for _, group in nav for _, path in group}
    for file in sorted((HOME / "docs" / "decisions").glob("2*.md")):  # reached from their list, not from the menu
        path = str(file.relative_to(HOME))
        site[path] = site_path(path)
    for path, target in site.items():
        text = generated.get(path) or (HOME / path).read_text()
        file = pages / target
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(drawings(lists(linked(text, path, site, pages)), path, site, pages))
    (pages / "site.css").write_text(STYLE)
    (source / "mkdocs.yml").write_text(settings(nav, site))


def site_path(path: str) -> str:
    if path == "README.md":
        return "index.md"
    return path.removeprefix("docs/").replace("/README.md", ".md").lower()


def linked(text: str, path: str, site: dict[str, str], pages: Path) -> str:
    """The text with each link to a file of the repository as a link of the site."""

    def link(match: re.Match[str]) -> str:
        label, target = match.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return match.group(0)
        name, _, anchor = target.partition("#")
        found = os.path.normpath(Path(path).parent / name)
        readme = f"{found}/README.md"
        found = readme if readme in site else found
        if found in site:
            goal = site[found]
        elif (HOME / found).is_file():
            goal = f"files/{found}.txt"
            (pages / goal).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HOME / found, pages / goal)
        elif (HOME / found).exists():
            return label[1:-1]
        else:
            sys.exit(f"Cannot build the documentation: {path} links to {target}, which is not there.")
        return f"{label}({os.path.relpath(goal, Path(site[path]).parent)}{'#' + anchor if anchor else ''})"

    parts = CODE.split(text)
    return "".join(part if index % 2 else LINK.sub(link, part) for index, part in enumerate(parts))


def lists(text: str) -> str:
    """The text with a blank line before each list: GitHub needs none after a paragraph, MkDocs does."""
    parts = FENCED.split(text)
    return "".join(part if index % 2 else LIST_AFTER_PARAGRAPH.sub(r"\1\n\n", part) for index, part in enumerate(parts))


def drawings(text: str, path: str, site: dict[str, str], pages: Path) -> str:
    """The text with its drawings, indented blocks of box characters, as SVG files."""
    blocks = re.split(r"\n\n+", text)
    for index, block in enumerate(blocks):
        lines = block.split("\n")
        if len(lines) > 1 and all(line.startswith("    ") for line in lines) and DRAWING.search(block):
            name = f"drawings/{site[path].removesuffix('.md').replace('/', '-')}-{index}.svg"
            (pages / name).parent.mkdir(parents=True, exist_ok=True)
            drawing = re.sub(r"(?<=\w)-(?=\w)", "\u2011", "\n".join(line[4:] for line in lines))
            (pages / name).write_bytes(scalable(wrapper.text2svg(drawing, {})))
            blocks[index] = f"![Drawing]({os.path.relpath(name, Path(site[path]).parent)})"
    return "\n\n".join(blocks)


def scalable(svg: bytes) -> bytes:
    """A drawing that fits a narrower page: without a viewBox a browser cuts its right part off."""
    return re.sub(rb'<svg ([^>]*)width="(\d+)" height="(\d+)"', rb'<svg \1viewBox="0 0 \2 \3" width="\2" height="\3"', svg, count=1)


def columns(folder: Path) -> str:
    """A section for each table, with its columns."""
    page = ["# Columns", "", "Generated from the ViewDefinitions in `conf/views`.", ""]
    for table in dictionary.tables(folder):
        page += [f"## {table.name}", "", f"{table.description} From `{table.resource}`.", ""]
        page += ["| column | type | meaning | FHIRPath |", "|---|---|---|---|"]
        page += [
            f"| `{one.name}` | {one.type}{' list' if one.collection else ''} | {cell(one.description)} | {code(one.path)} |"
            for one in table.columns
        ]
        page.append("")
    return "\n".join(page)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def code(text: str) -> str:
    return f"<code>{escape(' '.join(text.split())).replace('|', '&#124;')}</code>"


def settings(nav: list[tuple[str, list[tuple[str, str]]]], site: dict[str, str]) -> str:
    """mkdocs.yml; JSON is YAML."""
    return json.dumps(
        {
            "site_name": "Epic FHIR pipeline",
            "docs_dir": "pages",
            "site_dir": str(HOME / "build" / "docs"),
            "use_directory_urls": False,
            "theme": {
                "name": "material",
                "font": False,
                "features": ["navigation.tabs", "navigation.top", "toc.follow", "content.code.copy"],
                "palette": [
                    {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "teal"},
                    {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "teal"},
                ],
            },
            "markdown_extensions": ["tables", "toc", "admonition", "pymdownx.superfences"],
            "extra_css": ["site.css"],
            "plugins": ["search", "offline"],
            "validation": {"links": {"anchors": "warn"}},
            "nav": [{title: [{name: site[path]} for name, path in group]} for title, group in nav],
        },
        indent=1,
    )


if __name__ == "__main__":
    main()
