# SPDX-License-Identifier: GPL-2.0
"""What is found, and the ways to say it."""

import base64
import hashlib
import html.parser
import json
import os
import re
import subprocess
import urllib.parse

from audit import BAD, COMMAND, GOOD, LOOP, Audit


class Text(Audit):
    """For people."""

    def test_a_line_as_gcc_has_it_and_what_it_means(self):
        self.write("a.c")
        status, out, err = self.run_it("a.c")
        self.assertEqual((status, err), (1, ""))
        self.assertTrue(out.startswith("a.c:5:9: toy_order: order 2 is more than one page\n\n"), out)
        for words in ("toy_order: 1 finding, confidence high", "Two pages or more are asked for at once.",
                      "They run out first, and <b>early</b>.", "Ask for one page, and for the next one then.",
                      "Documentation/audit.md#toy_order", "1 finding in 1 file; looked at 1 file for 2 pitfalls."):
            self.assertIn(words, out)

    def test_nothing_found(self):
        self.write("a.c", GOOD)
        status, out, err = self.run_it("a.c")
        self.assertEqual((status, out, err),
                         (0, "0 findings in 0 files; looked at 1 file for 2 pitfalls.\n", ""))

    def test_summary_has_the_most_frequent_first(self):
        self.write("a.c", BAD + LOOP + LOOP.replace("sum", "other"))
        self.assertEqual(re.findall(r"(?m)^(\w+): \d+ findings?", self.run_it("a.c")[1]), ["toy_loop", "toy_order"])

    def test_expressions_read_as_they_are_written(self):
        self.write("a.c", BAD.replace("2)", "ring->order[i])"))
        self.assertEqual(self.json("a.c")[0]["message"], "order ring->order[i] is more than one page")

    def test_to_a_file(self):
        self.write("a.c")
        status, out, _ = self.run_it("-o", "report", "a.c")
        self.assertEqual((status, out), (1, ""))
        with open(os.path.join(self.src, "report"), encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("a.c:5:9: "))
        self.assertIn("cannot write 'no/report'", self.refused("-o", "no/report", "a.c"))

    def test_whoever_has_seen_enough_of_it_ends_it_quietly(self):
        self.write("a.c", "\n".join(BAD.replace("fill", f"fill{n}") for n in range(2000)))
        child = self.start("a.c")
        child.stdout.readline()
        child.stdout.close()
        self.assertEqual(child.stderr.read(), b"")
        child.stderr.close()
        child.wait(30)
        self.assertEqual(os.listdir(self.tmp), [])


class Rules(Audit):
    """Which are run."""

    def test_list(self):
        status, out, _ = self.run_it("--list")
        self.assertEqual(status, 0)
        self.assertEqual([line.split()[:2] for line in out.splitlines()[1:]],
                         [["toy_loop", "moderate"], ["toy_map", "low"], ["toy_order", "high"]])
        self.assertEqual([rule["limits"] for rule in json.loads(self.run_it("--list", "--json")[1])],
                         ["", "", "A variable is believed to be an order above 0."])

    def test_low_is_off_unless_asked_for(self):
        self.write("a.c", BAD + LOOP)
        self.assertEqual([rule for rule, _, _ in self.places("a.c")], ["toy_order", "toy_loop"])
        self.assertEqual([rule for rule, _, _ in self.places("--confidence", "high", "a.c")], ["toy_order"])
        self.assertEqual(sorted(rule for rule, _, _ in self.places("--confidence", "low", "a.c")),
                         ["toy_loop", "toy_map", "toy_order"])
        self.assertEqual(self.places("--rule", "toy_map", "a.c"), [("toy_map", "a.c", 11)])
        self.assertEqual(len(self.places("--rule", "toy_map", "--rule", "toy_order", "a.c")), 2)

    def test_unknown_ones_are_refused(self):
        self.write("a.c")
        self.assertIn("unknown rule 'fly'; allowed: toy_loop, toy_map, toy_order", self.refused("--rule", "fly", "a.c"))
        self.assertIn("'sure'", self.refused("--confidence", "sure", "a.c"))


class Json(Audit):
    """For programs."""

    def test_all_of_it(self):
        self.write("a.c")
        found, = self.json("a.c")
        self.assertEqual(len(found.pop("fingerprint")), 32)
        self.assertEqual(found, {
            "rule": "toy_order", "file": "a.c", "line": 5, "column": 9, "confidence": "High",
            "message": "order 2 is more than one page", "title": "Two pages or more are asked for at once.",
            "why": "They run out first, and <b>early</b>.", "advice": "Ask for one page, and for the next one then.",
            "url": "Documentation/audit.md#toy_order", "function": "fill",
            "source": "\tpage = alloc_pages(GFP_ATOMIC, 2);"})

    def test_nothing_is_a_list_too(self):
        self.write("a.c", GOOD)
        self.assertEqual(self.json("a.c", status=0), [])

    def test_columns_count_characters(self):
        self.write("a.c", BAD.replace("page = ", "/* é */ page = "))
        self.assertEqual(self.json("a.c")[0]["column"], 17)


class Sarif(Audit):
    """Checked by hand: Debian has no package with the schema."""

    def sarif(self, *words):
        """The run."""
        status, out, err = self.run_it("--sarif", *words)
        self.assertEqual(status, 1, err)
        log = json.loads(out)
        self.assertEqual(set(log), {"version", "$schema", "runs"})
        self.assertEqual(log["version"], "2.1.0")
        run, = log["runs"]
        self.assertEqual(set(run), {"tool", "originalUriBaseIds", "columnKind", "results"})
        self.assertEqual(run["columnKind"], "unicodeCodePoints")
        return run

    def test_structure(self):
        self.write("dir/a b.c", BAD + BAD.replace("page = ", "/* é */ page = ").replace("fill", "refill"))
        run = self.sarif("dir")
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual([rule["id"] for rule in rules], ["toy_loop", "toy_order"])
        for rule in rules:
            for key in ("shortDescription", "fullDescription", "help"):
                self.assertTrue(rule[key]["text"])
            self.assertIn(rule["defaultConfiguration"]["level"], ("error", "warning", "note", "none"))
        self.assertEqual(len(run["results"]), 2)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertEqual(result["level"], "error")
            self.assertTrue(result["message"]["text"])
            where = result["locations"][0]["physicalLocation"]
            region = where["region"]
            self.assertEqual(region["snippet"]["text"][region["startColumn"] - 1:region["endColumn"] - 1],
                             "alloc_pages")
            self.assertEqual(where["artifactLocation"], {"uri": "dir/a%20b.c", "uriBaseId": "%SRCROOT%"})
            base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
            path = urllib.parse.unquote(urllib.parse.urlparse(urllib.parse.urljoin(base, "dir/a%20b.c")).path)
            self.assertTrue(os.path.samefile(path, os.path.join(self.src, "dir/a b.c")))
        prints = [result["partialFingerprints"]["labyrinthAudit/v1"] for result in run["results"]]
        self.assertEqual(len(set(prints)), 2)

    def test_from_the_root_of_the_tree_wherever_it_is_called(self):
        self.write("dir/a.c")
        run = self.sarif(os.path.join("dir", "a.c"))
        self.assertEqual(run, self.here("a.c"))

    def here(self, *words):
        """The same from within dir."""
        return json.loads(self.run_it("--sarif", *words, cwd=os.path.join(self.src, "dir"))[1])["runs"][0]

    def test_what_is_in_no_tree_has_its_full_name(self):
        self.write("a.c")
        other = os.path.join(self.dir, "b.c")
        with open(other, "w", encoding="utf-8") as file:
            file.write(BAD)
        uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]
                for result in self.sarif("a.c", other)["results"]]
        self.assertEqual(sorted(uris, key=str), [
            {"uri": "a.c", "uriBaseId": "%SRCROOT%"}, {"uri": "file://" + os.path.realpath(other)}])


class Page(html.parser.HTMLParser):
    """What is in a page."""

    def __init__(self, content):
        super().__init__()
        self.open, self.links, self.scripts, self.tags = [], [], [], []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise ValueError(f"</{tag}>")

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)


class Html(Audit):
    """One page."""

    def test_nothing_from_elsewhere_and_nothing_that_is_taken_for_html(self):
        self.write("<b>&.c", BAD.replace("page;", "page; /* </pre></script><script>alert(1)</script> */"))
        status, out, _ = self.run_it("--html", "--confidence", "low", ".")
        self.assertEqual(status, 1)
        page = Page(out)
        self.assertEqual(page.open, [])
        self.assertEqual(page.links, ["#toy_order"])
        self.assertEqual(len(page.scripts), 1)
        self.assertNotIn("://", out)
        allowed = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
        self.assertIn(f"script-src 'sha256-{allowed}'", out)
        self.assertIn("&lt;b&gt;&amp;.c:5:9", out)
        self.assertIn("They run out first, and &lt;b&gt;early&lt;/b&gt;.", out)

    def test_source_is_shown_around_the_line(self):
        self.write("a.c", BAD)
        out = self.run_it("--html", "a.c")[1]
        hit, = re.findall(r'<span class="hit">(.*?)</span>\s*(?:</pre>|<span class="no">|$)', out, re.S)
        self.assertIn("page = alloc_pages(GFP_ATOMIC, 2);", hit)
        self.assertIn("struct page *page;", out)

    def test_filter_has_the_rules_that_found_something(self):
        self.write("a.c", BAD + LOOP)
        page = Page(self.run_it("--html", "a.c")[1])
        self.assertEqual([attrs["value"] for tag, attrs in page.tags if tag == "option"],
                         ["", "toy_loop", "toy_order"])
        self.assertEqual([attrs["data-rule"] for tag, attrs in page.tags if attrs.get("class") == "find"],
                         ["toy_loop", "toy_order"])

    def test_nothing_found(self):
        self.write("a.c", GOOD)
        status, out, _ = self.run_it("--html", "a.c")
        self.assertEqual(status, 0)
        self.assertIn("Nothing was found.", out)


class Words(Audit):
    """The command line."""

    def test_help(self):
        done = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("Exit status: 0 nothing was found; 1 something was; 2 something could not", done.stdout)

    def test_nonsense_is_refused_with_what_is_allowed(self):
        self.assertIn("which PATH?", self.refused())
        self.assertIn("'0'; allowed are 1 to 1024", self.refused("--jobs", "0", "."))
        self.assertIn("'x'; allowed are 1 to 3600 seconds", self.refused("--timeout", "x", "."))
        self.assertIn("not allowed with", self.refused("--json", "--html", "."))
        self.assertIn("--write and --create go with --migrate", self.refused("--write", "."))
