"""Takes the READMEs' pictures: stock TensorBoard's page of time series on a directory of runs.

Usage: PYTHONPATH=tests/support/python tests/run_python.sh \\
           tests/tensorboard/screenshot.py LOGDIR PICTURE.png [HEIGHT TAG...]

Without tags, the page that the trainer's link leads to: each batch size in one colour.
"""

import sys

from browser import Browser
from colours_link import QUERY
from tensorboard_page import TimeSeriesPage
from tensorboard_server import TensorBoardServer
from waiting import wait_until

LINKED_TAGS = ("batch_accuracy_vs_samples", "batch_loss_vs_samples",
               "evaluation_accuracy_vs_iterations", "evaluation_loss_vs_iterations")


def open_page(browser, server, tags):
    if tags:
        return TimeSeriesPage.with_tags(browser, server, "|".join(f"^{tag}$" for tag in tags))
    return TimeSeriesPage(browser, f"{server.url}/{QUERY}")


def main(logdir, picture, height=1240, *tags):
    with TensorBoardServer(logdir) as server, Browser(width=1280, height=int(height)) as browser:
        page = open_page(browser, server, tags)
        tags = tags or LINKED_TAGS
        page.hide_settings()
        wait_until(lambda: all(map(page.drawn_lines().get, tags)), f"lines for {', '.join(tags)}")
        # Every line that is drawn is there once nothing moves any more.
        wait_until(lambda: browser.picture() == browser.picture(), "a picture that stands still")
        browser.picture().save(picture, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) < 3 or len(sys.argv) == 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
