"""Takes the README's picture: stock TensorBoard's page of time series on a directory of runs.

Usage: tests/run_python.sh tests/tensorboard/screenshot.py LOGDIR PICTURE.png
"""

import sys

from browser import Browser
from tensorboard_page import TimeSeriesPage
from tensorboard_server import TensorBoardServer
from waiting import wait_until

TAGS = ("batch_loss", "epoch_accuracy", "epoch_loss", "evaluation_accuracy_vs_iterations")


def main(logdir, picture):
    with TensorBoardServer(logdir) as server, Browser(width=1280, height=1240) as browser:
        page = TimeSeriesPage(browser, server, "|".join(f"^{tag}$" for tag in TAGS))
        page.hide_settings()
        wait_until(lambda: all(map(page.drawn_lines().get, TAGS)), f"lines for {', '.join(TAGS)}")
        # Every line that is drawn is there once nothing moves any more.
        wait_until(lambda: browser.picture() == browser.picture(), "a picture that stands still")
        browser.picture().save(picture, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
