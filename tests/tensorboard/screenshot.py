"""Takes the READMEs' pictures: stock TensorBoard's page of time series on a directory of runs.

Usage: tests/run_python.sh tests/tensorboard/screenshot.py LOGDIR PICTURE.png [HEIGHT TAG...]

Without tags, those of the trainer.
"""

import sys

from browser import Browser
from tensorboard_page import TimeSeriesPage
from tensorboard_server import TensorBoardServer
from waiting import wait_until

TAGS = ("batch_loss", "epoch_accuracy", "epoch_loss", "evaluation_accuracy_vs_iterations")


def main(logdir, picture, height=1240, *tags):
    tags = tags or TAGS
    with TensorBoardServer(logdir) as server, Browser(width=1280, height=int(height)) as browser:
        page = TimeSeriesPage.with_tags(browser, server, "|".join(f"^{tag}$" for tag in tags))
        page.hide_settings()
        wait_until(lambda: all(map(page.drawn_lines().get, tags)), f"lines for {', '.join(tags)}")
        # Every line that is drawn is there once nothing moves any more.
        wait_until(lambda: browser.picture() == browser.picture(), "a picture that stands still")
        browser.picture().save(picture, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) < 3 or len(sys.argv) == 4:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
