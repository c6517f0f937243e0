"""The reference page of the settings, from the settings files and their comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ENVIRONMENT = re.compile(r"\$\{\?(\w+)\}")
OPENS = re.compile(r"^([\w.\"*-]+)\s*\{\s*$")
ASSIGNS = re.compile(r"^([\w.\"*-]+)\s*(?:=\s*(.*)|(\{.*\}))$")


@dataclass
class Setting:
    key: str
    default: str
    about: str
    environment: list[str] = field(default_factory=list)


def settings(text: str) -> Iterator[tuple[str, list[Setting]]]:
    """Each block's comment and settings, in the file's order. The key is the whole path, without the outermost block."""
    found: dict[str, Setting] = {}
    about: dict[str, str] = {}
    path: list[str] = []
    comment: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("#"):
            comment.append(stripped.lstrip("# "))
            continue
        opened, assigned = OPENS.match(stripped), ASSIGNS.match(stripped)
        if opened:
            path.append(opened.group(1))
            about[".".join(path[1:])] = " ".join(comment)
        elif stripped == "}" and path:
            path.pop()
        elif assigned:
            key = ".".join([*path[1:], assigned.group(1)])
            value = _whole(assigned.group(2) or assigned.group(3) or "", lines)
            environment = ENVIRONMENT.fullmatch(value)
            if environment and key in found:
                found[key].environment.append(environment.group(1))
                found[key].about = " ".join(filter(None, [found[key].about, *comment]))
            else:
                found[key] = Setting(key, value, " ".join(comment))
        comment = []
    for block in sorted({key.partition(".")[0] if "." in key else "" for key in found}):
        inside = [one for one in found.values() if (one.key.partition(".")[0] if "." in one.key else "") == block]
        yield block, _explained(inside, about)


def _whole(value: str, lines: Iterator[str]) -> str:
    """The value with the lines on which it goes on."""
    value = value.strip()
    while value.count("[") > value.count("]") or value.count("{") > value.count("}"):
        more = next(lines, None)
        if more is None:
            break
        value += " " + re.sub(r"\s#.*", "", more).strip()
    return value


def _explained(settings: list[Setting], about: dict[str, str]) -> list[Setting]:
    """A block's own comment goes to its first setting."""
    told: set[str] = set()
    for one in settings:
        block = one.key.rpartition(".")[0]
        if block and block not in told:
            told.add(block)
            one.about = " ".join(filter(None, [about.get(block, ""), one.about]))
    return settings


def page(conf: Path) -> str:
    text = [
        "# Settings",
        "",
        "Generated from the comments of `conf/pipeline.conf` and `conf/validation.conf`. All keys are under",
    ]
    text += ["`epic-fhir` or `epic-fhir-validation`. A variable of the environment overrides the file.", ""]
    for file in ("pipeline.conf", "validation.conf"):
        text += [f"## {file}", ""]
        for block, inside in settings((conf / file).read_text()):
            text += [f"### {block or 'top level'}", "", "| key | default | meaning | environment |", "|---|---|---|---|"]
            text += [_row(one) for one in inside]
            text.append("")
    return "\n".join(text)


def _row(one: Setting) -> str:
    environment = ", ".join(f"`{name}`" for name in one.environment)
    return f"| `{one.key}` | {_code(one.default)} | {_cell(one.about)} | {environment} |"


def _code(value: str) -> str:
    value = value if len(value) < 60 else value[:57] + "…"
    return f"<code>{escape(value).replace('|', '&#124;')}</code>" if value else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("{", "&#123;").replace("*", "\\*")
