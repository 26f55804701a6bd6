"""A report as one HTML file that needs nothing else and prints well on A4 and Letter."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from importlib.resources import files

from annotator.exchange.report_parts import (
    NOT_SAID,
    Facts,
    Listed,
    Opinion,
    Opinions,
    Part,
    Pictures,
    Report,
    Section,
    Table,
    Words,
)

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def report_html(report: Report) -> str:
    """The page. Whatever people wrote stands in it as text, each piece with its own direction of writing."""
    style = files("annotator.exchange").joinpath("report.css").read_text(encoding="utf-8")
    title = f"{report.title}, {report.exam}"
    kind = "signed" if report.signed else "preliminary"
    status = f'<p class="status {kind}">{escape(report.status)}</p>'
    details = "".join(f"<li>{_text(line)}</li>" for line in report.status_details)
    body = "".join(_section(section, report, kind) for section in report.sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{style}{_margins(report)}</style>
</head>
<body>
<header>
<div><h1>{escape(report.title)}</h1><p class="exam">{_text(report.exam)}</p></div>
{status}
</header>
{f'<ul class="versions">{details}</ul>' if details else ""}
<p class="banner" role="note">{escape(report.statement)}</p>
<main>
{body}
</main>
<footer>{escape(report.statement)} {escape(report.version_line)}. \
Every length carries the word that says how its pixel spacing is known.</footer>
</body>
</html>
"""


def _margins(report: Report) -> str:
    """What browsers print in the margin of each page (CSS Paged Media 3)."""
    places = {
        "top-left": report.exam,
        "top-right": report.status,
        "bottom-left": "Not a medical device. " + report.version_line,
    }
    boxes = "".join(f'@{place} {{ content: "{_css(text)}"; }} ' for place, text in places.items())
    return f"@page {{ {boxes}}}\n"


def _css(text: str) -> str:
    """A text inside a CSS string inside a style element: what could end either is written by its number."""
    return "".join(c if c.isalnum() or c in " .,:-()" else f"\\{ord(c):06x}" for c in text)


def _section(section: Section, report: Report, kind: str) -> str:
    heading = running = ""
    if section.new_page:
        running = f' <span class="running {kind}">{_text(report.status)}</span>'
    if section.title:
        aside = f' <span class="where">{_text(section.aside)}</span>' if section.aside else ""
        heading = f"<h2>{_text(section.title)}{aside}{running}</h2>"
    page = "section page" if section.new_page else "section"
    parts = "\n".join(_part(part) for part in section.parts)
    return f'<section class="{page}">{heading}\n{parts}\n</section>\n'


def _part(part: Part) -> str:
    if isinstance(part, Facts):
        rows = "".join(f"<dt>{_text(name)}</dt><dd>{_value(value)}</dd>" for name, value in part.rows)
        return f'{_title(part.title)}<dl class="facts">{rows}</dl>'
    if isinstance(part, Listed):
        kind = "alert" if part.alert else "sources" if part.small else "said"
        items = "".join(f"<li>{_text(item)}</li>" for item in part.items)
        return f'{_title(part.title)}<ul class="{kind}">{items}</ul>'
    if isinstance(part, Table):
        return _title(part.title) + _table(part)
    if isinstance(part, Words):
        return f'{_title(part.title)}<p class="words" dir="auto">{escape(part.text)}</p>'
    if isinstance(part, Opinions):
        own, suggested = _opinion(part.own, "reader"), _opinion(part.suggested, "suggestion")
        return f'<div class="beside">{own}{suggested}</div>'
    return _pictures(part)


def _title(title: str) -> str:
    return f"<h3>{_text(title)}</h3>\n" if title else ""


def _table(part: Table) -> str:
    columns = "".join(f'<col style="width: {share:.0%}">' for share in part.widths)
    head = "".join(f"<th>{_text(name)}</th>" for name in part.head)
    first_beside = len(part.head) - part.beside
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=quiet' if place >= first_beside else ''}>{_value(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in part.rows
    )
    return f"<table><colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _opinion(opinion: Opinion, kind: str) -> str:
    name = f' <span class="where">{_text(opinion.name)}</span>' if opinion.name else ""
    shown = "category" if opinion.said else "category unsaid"
    lines = _paragraphs(opinion.lines, "") + _paragraphs(opinion.small, ' class="quiet"')
    return (
        f'<div class="{kind}"><h3>{_text(opinion.title)}</h3>'
        f'<p class="{shown}">{_text(opinion.category)}{name}</p>{lines}</div>'
    )


def _paragraphs(lines: Iterable[str], kind: str) -> str:
    return "".join(f"<p{kind}>{_text(line)}</p>" for line in lines)


def _pictures(part: Pictures) -> str:
    figures = []
    for picture in part.pictures:
        data = base64.b64encode(picture.png).decode("ascii")
        caption = escape(picture.caption)
        figures.append(
            f'<figure><img src="data:image/png;base64,{data}" width="{picture.width}" height="{picture.height}"'
            f' alt="{caption}"><figcaption>{caption}</figcaption></figure>'
        )
    return f'<div class="pictures">{"".join(figures)}</div>'


def _value(text: str) -> str:
    return f'<span class="unsaid">{text}</span>' if text == NOT_SAID else _text(text)


def _text(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>" if not text.isascii() else escape(text)
