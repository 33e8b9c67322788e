# SPDX-License-Identifier: GPL-2.0
"""Findings as one page: a summary, the places with their source, a filter by pitfall.

Self-contained, with a few lines of script for the filter alone: without them it shows all.
"""

import base64
import hashlib
import time

from labyrinthtool import text
from labyrinthtool.charts import escape
from labyrinthtool.report import STYLE as SHARED

from .source import line_of

CONTEXT = 4     # lines before and after
LONG = 160      # characters of a line of source that are shown
STYLE = SHARED + """
.find{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;margin:10px 0}
.find p{margin:2px 0}.find pre{margin:8px 0 2px;line-height:1.45}.hit{background:color-mix(in srgb,var(--warn) 18%,
transparent);display:block}.no{color:var(--dim);user-select:none}.tag{border:1px solid var(--line);border-radius:9px;
padding:0 8px;font-size:12px;color:var(--dim)}.bar{position:sticky;top:0;background:var(--bg);padding:10px 0;
border-bottom:1px solid var(--line);z-index:1;display:flex;gap:14px;flex-wrap:wrap;align-items:center}
select,input{font:inherit;font-size:14px;background:var(--card);color:var(--fg);border:1px solid var(--line);
border-radius:6px;padding:4px 8px}td a{color:inherit}td.mono{white-space:nowrap}[hidden]{display:none!important}
"""
SCRIPT = """
const rule=document.getElementById("rule"),word=document.getElementById("word"),
shown=document.getElementById("shown"),all=[...document.querySelectorAll(".find")],
groups=[...document.querySelectorAll("section.rule")];
function show(){const w=word.value.toLowerCase();let n=0;
for(const f of all){f.hidden=(rule.value&&f.dataset.rule!==rule.value)||(w&&!f.dataset.text.includes(w));
if(!f.hidden)n++}
for(const g of groups)g.hidden=!g.querySelector(".find:not([hidden])");
shown.textContent=n+" of "+all.length+" shown"}
for(const a of document.querySelectorAll("a[data-rule]"))a.addEventListener("click",()=>{rule.value=a.dataset.rule;show()});
rule.addEventListener("change",show);word.addEventListener("input",show);
document.getElementById("filter").hidden=false;show();
"""
COLOURS = {"High": "bad", "Moderate": "warn", "Low": "dim"}


def plain(string):
    """What is not UTF-8 is shown as such."""
    return string.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def excerpt(finding):
    """The line, and what is around it."""
    out = []
    for number in range(max(1, finding.line - CONTEXT), finding.line + CONTEXT + 1):
        line = line_of(finding.file.path, number)
        if not line and number > finding.line:
            continue
        shown = plain(line).expandtabs(8)
        row = (f'<span class="no">{number:>6}  </span>'
               f'{escape(shown if len(shown) <= LONG else shown[:LONG] + "…")}')
        out.append(f'<span class="hit">{row}</span>' if number == finding.line else row + "\n")
    return f'<pre class="mono">{"".join(out)}</pre>'


def place(finding):
    """One finding."""
    words = plain(f"{finding.file.given} {finding.function} {finding.message}").lower()
    return (f'<div class="find" data-rule="{escape(finding.rule.name)}" data-text="{escape(words)}">'
            f'<p><code>{escape(plain(finding.place))}</code>'
            + (f' <span class="tag">{escape(plain(finding.function))}()</span>' if finding.function else "")
            + f"</p><p>{escape(plain(text.clean(finding.message)))}</p>{excerpt(finding)}</div>")


def section(rule, findings):
    """A pitfall, and where it is."""
    return (f'<section class="rule" id="{escape(rule.name)}"><h2>{escape(rule.title)}</h2>'
            f'<p><code>{escape(rule.name)}</code> <span class="tag">confidence '
            f'<span class="{COLOURS[rule.confidence]}">{escape(rule.confidence.lower())}</span></span></p>'
            f"<p>{escape(rule.why)}</p><p><b>What to do:</b> {escape(rule.advice)}</p>"
            + (f'<p class="dim">What misleads this rule: {escape(rule.limits)}</p>' if rule.limits else "")
            + f'<p class="dim">More: <code>{escape(rule.url)}</code></p>'
            + "".join(place(finding) for finding in findings) + "</section>")


def overview(by_rule):
    """A line for each pitfall."""
    rows = "".join(
        f'<tr><td><a href="#{escape(rule.name)}">{escape(rule.title)}</a></td>'
        f'<td class="mono">{escape(rule.name)}</td><td class="{COLOURS[rule.confidence]}">'
        f'{escape(rule.confidence.lower())}</td><td class="n">{text.number(len(found))}</td>'
        f'<td class="n">{text.number(len({f.file.given for f in found}))}</td></tr>' for rule, found in by_rule)
    return ('<table><tr><th>pitfall</th><th>rule</th><th>confidence</th><th class="n">findings</th>'
            f'<th class="n">files</th></tr>{rows}</table>')


def choice(by_rule):
    """The filter; the script, without which it would do nothing, shows it."""
    options = "".join(f'<option value="{escape(rule.name)}">{escape(rule.name)} ({text.number(len(found))})</option>'
                      for rule, found in by_rule)
    return ('<div class="bar" id="filter" hidden><label>Pitfall <select id="rule"><option value="">all</option>'
            f'{options}</select></label><label>Contains <input id="word" type="search" '
            'placeholder="file, function, words"></label><span class="dim" id="shown"></span></div>')


def report(findings, rules, about):
    """The page."""
    by_rule = [(rule, [f for f in findings if f.rule is rule]) for rule in rules]
    by_rule = sorted((each for each in by_rule if each[1]), key=lambda each: (-len(each[1]), each[0].name))
    allowed = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    date = time.strftime("%Y-%m-%d %H:%M")
    return "".join((
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{allowed}'\">"
        f"<title>labyrinth-audit, {date}</title><style>{STYLE}</style></head>"
        f'<body><h1>Pitfalls of atomic allocation</h1><p class="dim">{date} · labyrinth-audit</p>'
        f"<p>{escape(about)}</p>",
        overview(by_rule) + choice(by_rule) if by_rule else '<p class="good">Nothing was found.</p>',
        *(section(rule, found) for rule, found in by_rule),
        f"<script>{SCRIPT}</script>" if by_rule else "", "</body></html>\n"))
