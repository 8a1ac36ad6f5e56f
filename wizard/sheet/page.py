"""The sheet as a page: once for screens and browsers, once for a rich-text printer.

The templates stand here as text: a frozen build then needs no data file for them. Jinja escapes
every value; the one piece of markup from outside is the QR code, which `clients` makes.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from wizard.model import N_, Account, ClientPlan, Step, Words
from wizard.sheet.rows import SheetRow, rows

if TYPE_CHECKING:
    from jinja2 import Template

_PAGE = """\
<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{{ title }}</title>
<style>
@page { margin: 16mm; }
:root { color-scheme: light; }
body { font: 11pt/1.45 system-ui, "Segoe UI", "Noto Sans", sans-serif; color: #000;
 background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7em; margin: 0 0 .2em; }
h2 { font-size: 1.15em; margin: 1.4em 0 .3em; border-bottom: 2px solid #000; }
h3 { font-size: 1em; margin: 1.1em 0 .2em; }
p.lead { margin: 0 0 1em; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .22em .5em .22em 0;
 border-bottom: 1px solid #999; }
th { width: 38%; font-weight: 600; }
.exact { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace;
 overflow-wrap: anywhere; }
ol { padding-left: 1.6em; margin: .3em 0; }
li { margin: .25em 0; }
header { display: flex; gap: 1.2em; justify-content: space-between; }
header svg { width: 40mm; height: 40mm; flex: none; }
.note { border-left: 3px solid #000; padding-left: .7em; margin: .5em 0; }
section, header, tr, li { break-inside: avoid; }
section.program { break-inside: auto; }
@media print {
 body { margin: 0; padding: 0; max-width: none; font-size: 9.5pt; line-height: 1.3; }
 h2 { margin-top: .8em; }
 section.program { break-before: page; }
}
</style>
</head>
<body>
<header>
<div><h1>{{ title }}</h1>
<p class="lead">{{ lead }}</p>
{% if qr %}<p class="lead">{{ qr_caption }}</p>{% endif %}</div>
{{ qr }}
</header>
{% for section in sections %}
<section>
<h2>{{ section.title }}</h2>
<table>
{% for row in section.rows %}
<tr><th scope="row">{{ row.label }}</th><td{% if row.exact %} class="exact"{% endif %}>
{{- row.value }}</td></tr>
{% endfor %}
</table>
</section>
{% endfor %}
{% for program in programs %}
<section class="program">
<h2>{{ program.name }}</h2>
{% for group in program.groups %}
{% if group.title %}<h3>{{ group.title }}</h3>{% endif %}
<ol>
{% for step in group.steps %}
<li>{{ step.text }}{% if step.copy %} <span class="exact">{{ step.copy }}</span>{% endif %}</li>
{% endfor %}
</ol>
{% endfor %}
{% for note in program.notes %}
<p class="note">{{ note }}</p>
{% endfor %}
</section>
{% endfor %}
</body>
</html>
"""

# What QTextDocument understands: tables by attributes, few styles, pictures as data.
_PRINT = """\
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ title }}</title></head>
<body style="color: #000000;">
<table width="100%" cellspacing="0" cellpadding="0"><tr>
<td width="72%" style="padding-bottom: 8px;">
<p style="font-size: 18pt; font-weight: 600;">{{ title }}</p><p>{{ lead }}</p>
{% if picture %}<p>{{ qr_caption }}</p>{% endif %}</td>
<td width="28%" align="right">{% if picture %}
<img src="{{ picture }}" width="150" height="150">{% endif %}</td>
</tr></table>
<table width="100%" cellspacing="0" cellpadding="3"
 style="border-collapse: collapse; border: 1px solid #999999;">
{% for section in sections %}
<tr><td colspan="2" style="border: 1px solid #999999; padding-top: 5px;">
<b style="font-size: 11pt;">{{ section.title }}</b></td></tr>
{% for row in section.rows %}
<tr><td width="36%" style="border: 1px solid #999999;">{{ row.label }}</td>
<td width="64%" style="border: 1px solid #999999;">
{%- if row.exact %}<code>{{ row.value }}</code>{% else %}{{ row.value }}{% endif %}</td></tr>
{% endfor %}
{% endfor %}
</table>
{% for program in programs %}
<h2 style="font-size: 14pt; page-break-before: always;">{{ program.name }}</h2>
{% for group in program.groups %}
{% if group.title %}
<h3 style="font-size: 10pt; margin-top: 7px; margin-bottom: 0px;">{{ group.title }}</h3>
{% endif %}
<ol style="margin-top: 2px; margin-bottom: 0px;">
{% for step in group.steps %}
<li style="font-size: 9pt;">{{ step.text }}
{%- if step.copy %} <code>{{ step.copy }}</code>{% endif %}</li>
{% endfor %}
</ol>
{% endfor %}
{% for note in program.notes %}
<p style="font-size: 9pt; margin-top: 6px; margin-bottom: 0px;"><i>{{ note }}</i></p>
{% endfor %}
{% endfor %}
</body></html>
"""


@cache
def _template(text: str) -> Template:
    """Made with the first sheet: the window that only lists programs does without the library."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(text)


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Program:
    name: str
    groups: tuple[_Group, ...]
    notes: tuple[str, ...]


def to_html(
    account: Account, words: Words, programs: Sequence[ClientPlan] = (), qr_svg: str = ""
) -> str:
    """The page that stands alone. `qr_svg`: SVG markup of the phone's code, from `clients`."""
    from markupsafe import Markup

    # The code is made by our own `clients.mobile`, from digits and rectangles only.
    picture = Markup(qr_svg)  # noqa: S704
    return _template(_PAGE).render(_view(account, words, programs), qr=picture)


def to_rich_text(
    account: Account, words: Words, programs: Sequence[ClientPlan] = (), qr_png: bytes = b""
) -> str:
    """The same for a rich-text printer: tables and headings only, the code as a PNG inside."""
    data = base64.b64encode(qr_png).decode()
    picture = f"data:image/png;base64,{data}" if data else ""
    return _template(_PRINT).render(_view(account, words, programs), picture=picture)


def _view(account: Account, words: Words, programs: Sequence[ClientPlan]) -> dict[str, object]:
    return {
        "language": words.language,
        "title": words.text(N_("Mail settings for {address}"), address=str(account.address)),
        "lead": words.text(
            N_("Keep this sheet: it has all you need to set up this mailbox in any mail program.")
        ),
        "qr_caption": words.text(
            N_("For the phone: scan this code with Thunderbird for Android or K-9 Mail.")
        ),
        "sections": [
            _Section(title, tuple(group))
            for title, group in groupby(rows(account, words), key=lambda row: row.section)
        ],
        "programs": [_program(plan) for plan in programs if plan.steps],
    }


def _program(plan: ClientPlan) -> _Program:
    """The values are on the first page already; here only what is to be done."""
    acts = [step for step in plan.steps if not step.is_value]
    groups = tuple(
        _Group(title, tuple(steps)) for title, steps in groupby(acts, key=lambda step: step.group)
    )
    return _Program(plan.name, groups, plan.notes)
