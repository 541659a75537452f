"""The functions of TensorBoard's text page show the texts of tblog_add_plain_text unchanged.

Usage: check_plain_text.py WRITE_PLAIN_TEXT
"""

import html.parser
import os
import random
import subprocess
import sys
import tempfile

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.text.text_plugin import text_array_to_html
from tensorboard.util.tensor_util import make_ndarray

TEXTS = [
    "", "plain", "*a* **b** _c_ __d__", "`code`", "```\nfence\n```", "~~~\nfence\n~~~",
    "<script>alert(1)</script>", "</code></pre><b>out</b>", "<!-- comment", "<?php ?>",
    "    four spaces", "  two\n\tand a tab\n", "a\tb", "1. one\n2. two", "# title", "title\n===",
    "- item\n- item", "> quote", "| a | b |\n|---|---|\n| 1 | 2 |", "[link](http://a.b)",
    "![image](u)", "[a]: http://b", "http://a.b", "&lt; &amp; &#42; &nbsp &", "backslash\\",
    "\\*a\\*", "\nfirst line empty", "\n\n\n", "a\n\n\nb", "a\n   \nb", "a  \nb", "crlf\r\nend\r\n",
    "cr\rend", "\u00e9t\u00e9 \u65e5\u672c \U0001f4c8", "\u00a0\u2028\u0085\ufeff", "'\"",
    "\x02wzxhzdk:0\x03", "klzzwxh:0001", "\x1b[31mred\x1b[0m", "\x7f\x01\x0b\x0c"]
PIECES = [*TEXTS, " ", "\n", "\r\n", "\t", "*", "_", "`", "<", ">", "&", "#", ";", "|", "\\", "x"]
MIXTURES = 400


def make_mixtures():
    generator = random.Random(1)
    return ["".join(generator.choices(PIECES, k=generator.randint(1, 8)))
            for _ in range(MIXTURES)]


def shown(text):
    """The visible part of a text: HTML cannot show other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if (c < " " and c not in "\t\n") or c == "\x7f" else c for c in text)


class Page(html.parser.HTMLParser):
    """The elements of a page, and the text in them."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, attrs))

    def handle_data(self, data):
        self.text += data


def read_texts(run):
    """The texts of the run's only file, as the text page's functions take them."""
    (name,) = os.listdir(run)
    return [make_ndarray(value.tensor)
            for event in EventFileLoader(os.path.join(run, name)).Load()
            for value in event.summary.value]


def main():
    texts = TEXTS + make_mixtures()
    with tempfile.TemporaryDirectory() as run:
        subprocess.run([sys.argv[1], run], check=True,
                       input=b"".join(text.encode() + b"\0" for text in texts))
        written = read_texts(run)
    assert len(written) == len(texts), (len(written), len(texts))
    for text, array in zip(texts, written):
        for enable_markdown in True, False:  # there is a switch on the page
            page = Page(text_array_to_html(array, enable_markdown))
            assert page.text == shown(text), (enable_markdown, text, page.text)
            assert page.elements == [("pre", []), ("code", [])], (text, page.elements)


if __name__ == "__main__":
    main()
