#!/usr/bin/env python3
"""browser_test.py REPORT_PAGES: opens the sample reports in a headless Chromium and looks at what is shown.

Exit status 77 (skipped) where Chromium is missing.
"""
import glob
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, find_chromium  # noqa: E402

# Charts of a whole page and how many marks each has at least.
CHARTS = {"chart-sizes": 5, "chart-scores": 30, "chart-supernet": 10, "chart-retrain": 10, "chart-search": 10,
          "chart-times": 3}
VIEWS = [(1400, False), (820, False), (390, True)]

CONTRAST = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const back = getComputedStyle(node).backgroundColor;
      if (!/^rgba\\(.*, 0\\)$/.test(back)) return back;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const node of document.querySelectorAll('h1, h2, p, dt, dd, small, th, td, summary, .badge, .legend span, .thumbs button')) {
    if (!node.textContent.trim() || !node.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.push(`${node.tagName} "${node.textContent.slice(0, 30)}"`);
  }
  return low;
})()"""


class ReportInBrowser(unittest.TestCase):
    pages_program = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="nasshrink-report-")
        subprocess.run([cls.pages_program, cls.folder.name], check=True)
        cls.pages = sorted(glob.glob(cls.folder.name + "/*.html"))
        cls.browser = Browser(find_chromium(), seconds=150)

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.folder.cleanup()

    def open(self, name, width=1400, dark=False, media=""):
        self.browser.open("%s/%s.html" % (self.folder.name, name), width, dark, media)

    def marks(self, chart):
        selector = "#%s svg[role=img][aria-label] .mark" % chart
        return self.browser.value("document.querySelectorAll('%s').length" % selector)

    def test_every_page_in_every_view(self):
        self.assertEqual(len(self.pages), 6)
        for page in self.pages:
            for width, dark in VIEWS:
                with self.subTest(page=os.path.basename(page), width=width, dark=dark):
                    self.browser.open(page, width, dark)
                    self.assertEqual(self.browser.complaints(), [])
                    self.assertEqual(self.browser.requests(), ["file://" + page])
                    self.assertEqual(self.browser.value("document.documentElement.dataset.error || ''"), "")
                    self.assertEqual(self.browser.value("document.documentElement.dataset.ready"), "yes")
                    self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.browser.value(CONTRAST), [])

    def test_whole_run_shows_every_chart(self):
        for name, extra in [("cell", {"chart-cell-0": 10}), ("two-cells", {"chart-cell-0": 10, "chart-cell-1": 10}),
                            ("chain", {})]:
            for width, dark in VIEWS:
                self.open(name, width, dark)
                for chart, least in {**CHARTS, **extra}.items():
                    with self.subTest(page=name, chart=chart, width=width):
                        self.assertGreaterEqual(self.marks(chart), least)
        self.assertGreaterEqual(self.browser.value("document.querySelectorAll('#blocks .chosen').length"), 10)

    def test_curves_scatter_and_table_hold_the_run(self):
        self.open("cell")
        text = self.browser.value("document.body.innerText")
        self.assertIn("15,625 → 16", text)
        self.assertIn("91.37 %", text)
        self.assertIn("|nor_conv_3x3~0|", text)
        self.assertEqual(self.browser.value("document.querySelectorAll('#table-children tbody tr').length"), 10)
        self.assertEqual(self.browser.value("document.querySelectorAll('#chart-scores .dropped').length"), 5)
        self.assertEqual(self.browser.value("document.querySelectorAll('#chart-search .best').length"), 1)

    def test_dead_edges_are_dashed(self):
        self.open("broken")
        script = """(() => {
          const cell = {inputs: 1, nodes: 3, outputs: [2], edges: [[0, 1, 0], [0, 2, 1], [1, 2, 2]], node_inputs: []};
          return cellEdges(cell, {candidates: [3, 3, 0]}).map((e) => e.live);
        })()"""
        self.assertEqual(self.browser.value(script), [False, True, False])

    def test_choosing_a_step_redraws_the_heat_map(self):
        self.open("cell")
        label = "document.querySelector('#chart-scores svg').getAttribute('aria-label')"
        first = self.browser.value(label)
        self.browser.value("document.querySelectorAll('.thumbs button')[2].click()")
        self.assertIn("step 3", self.browser.value(label))
        self.assertNotEqual(first, self.browser.value(label))
        pressed = "[...document.querySelectorAll('.thumbs button')].map((b) => b.getAttribute('aria-pressed')).join(' ')"
        self.assertEqual(self.browser.value(pressed), "false false true false")

    def test_numbers_of_dropped_operators_stay_inside_their_cells(self):
        script = """(() => {
          const box = (node) => node.getBoundingClientRect();
          const all = [...document.querySelectorAll('#chart-scores svg rect')];
          const cells = all.filter((rect) => !rect.classList.contains('back')).map(box);
          const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top && a.bottom <= b.bottom;
          const backs = all.filter((rect) => rect.classList.contains('back')).map(box);
          return [backs.length, backs.filter((back) => !cells.some((cell) => inside(back, cell))).length];
        })()"""
        for width in (500, 560, 1400):
            self.open("cell", width)
            backs, outside = self.browser.value(script)
            self.assertGreater(backs, 0)
            self.assertEqual(outside, 0, width)

    def test_keyboard_reads_the_values(self):
        self.open("cell")
        for chart in CHARTS:
            with self.subTest(chart=chart):
                self.browser.value("document.querySelector('#%s svg').focus()" % chart)
                self.browser.press("ArrowRight")
                first = self.browser.value("document.getElementById('spoken').textContent")
                self.assertFalse(self.browser.value("document.getElementById('tip').hidden"))
                self.browser.press("ArrowRight")
                self.assertNotEqual(first, self.browser.value("document.getElementById('spoken').textContent"))
                self.browser.press("Escape")
                self.assertTrue(self.browser.value("document.getElementById('tip').hidden"))

    def test_pointer_shows_the_value_and_its_children(self):
        self.open("cell")
        box = self.browser.value("(() => { const b = document.querySelector('#chart-scores .mark')"
                                 ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        self.browser.move_to(*box)
        tip = self.browser.value("document.getElementById('tip').textContent")
        self.assertIn("score 0.", tip)
        self.assertIn("from 3,125 children", tip)

    def test_tables_stand_in_for_charts(self):
        self.open("cell")
        self.browser.value("document.querySelectorAll('.data-table').forEach((d) => { d.open = true; })")
        self.browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        rows = self.browser.value("[...document.querySelectorAll('.data-table')].map("
                                  "(d) => d.querySelectorAll('tbody tr').length)")
        self.assertEqual(len(rows), len(CHARTS))
        self.assertGreater(min(rows), 3)

    def test_missing_parts_are_said_to_be_missing(self):
        self.open("empty")
        text = self.browser.value("document.body.innerText")
        for sentence in ["</script><b>bold</b>", "Nothing has happened in this run yet.", "No operator has been scored.",
                         "No epoch has finished.", "No child has been evaluated.", "There is no best child yet."]:
            self.assertIn(sentence, text)
        self.assertEqual(self.browser.value("document.querySelectorAll('svg[role=img]').length"), 0)

    def test_run_on_a_table_shows_only_what_there_is(self):
        self.open("table")
        text = self.browser.value("document.body.innerText")
        for sentence in ["nothing was trained", "looked up in the table of accuracies", "in the table"]:
            self.assertIn(sentence, text)
        for word in ["supernet's weights", "Training of the supernet", "Retraining", "not retrained"]:
            self.assertNotIn(word, text)
        self.assertGreater(self.marks("chart-search"), 10)

    def test_unfinished_run_with_values_that_are_not_finite(self):
        self.open("broken")
        text = self.browser.value("document.body.innerText")
        self.assertIn("This run was interrupted and can be resumed.", text)
        self.assertIn("In 2 epochs the loss was not finite.", text)
        self.assertEqual(self.browser.value("document.body.innerHTML.includes('NaN')"), False)
        self.assertGreater(self.marks("chart-supernet"), 10)

    def test_print_hides_what_paper_cannot_use(self):
        self.open("cell", 1000, media="print")
        self.assertEqual(self.browser.value("document.querySelector('.data-table').getClientRects().length"), 0)
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    if not find_chromium():
        print("skipped: this test needs chromium")
        sys.exit(77)
    ReportInBrowser.pages_program = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
